// SPDX-License-Identifier: BSD-3-Clause
// Session keys, and the files that hold them, on the real file system.
#include "control/config/files.hpp"
#include "control/config/session_key.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace mt6d::config {

namespace {

const std::string hex = "00112233445566778899aabbccddeeff";

class ConfigKeyFile : public testing::Test {
protected:
    void SetUp() override {
        std::string form = testing::TempDir() + "/mt6d-key-XXXXXX";
        ASSERT_NE(::mkdtemp(form.data()), nullptr);
        directory_ = form;
        path_ = form + "/key";
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    void write(const std::string& text, mode_t mode = 0600) const {
        std::ofstream(path_, std::ios::binary) << text;
        ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    }
    [[nodiscard]] std::string error() const {
        const auto key = read_key_file(path_);
        return key ? "" : key.error().message;
    }

    std::string directory_;
    std::string path_;
};

TEST(ConfigKey, IsMadeOfHexadecimalDigits) {
    const auto key = SessionKey::from_hex("00112233445566778899AABBccddeeff");
    ASSERT_TRUE(key);
    EXPECT_EQ(key->bytes().size(), 16U);
    EXPECT_EQ(key->bytes()[15], 0xff);
    EXPECT_EQ(std::string_view(key->hex()), hex);
    EXPECT_TRUE(SessionKey::from_hex(std::string(128, 'a')));
}

TEST(ConfigKey, HasBounds) {
    for (const std::size_t digits : {0U, 2U, 30U, 130U, 4000U}) {
        const auto key = SessionKey::from_hex(std::string(digits, 'a'));
        ASSERT_FALSE(key) << digits;
        EXPECT_EQ(key.error().message,
                  fmt::format("the key has {} bytes, and a session key has 16 to 64: make one "
                              "with mt6dctl keygen",
                              digits / 2));
    }
    EXPECT_EQ(SessionKey::from_hex(std::string(33, 'a')).error().message,
              "the key has 33 hexadecimal digits, an odd number: one is missing or too many");
}

TEST(ConfigKey, IsRandomWhenMade) {
    const auto a = SessionKey::generate();
    const auto b = SessionKey::generate();
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->bytes().size(), 64U);
    EXPECT_NE(a->hex(), b->hex());
}

TEST_F(ConfigKeyFile, MayHaveWhiteSpaceAnywhere) {
    write("  00112233 44556677\r\n\t8899aabb\nccddeeff\n\n");
    const auto key = read_key_file(path_);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(std::string_view(key->hex()), hex);
}

TEST_F(ConfigKeyFile, MayBeReachedThroughALink) {
    write(hex);
    const std::string link = directory_ + "/link";
    ASSERT_EQ(::symlink("key", link.c_str()), 0);
    EXPECT_TRUE(read_key_file(link));
}

TEST_F(ConfigKeyFile, IsRefusedWhereGroupOrOthersMayTouchIt) {
    for (const mode_t bit : {040U, 020U, 010U, 04U, 02U, 01U}) {
        write(hex, 0600U | bit);
        EXPECT_EQ(error(), fmt::format("is open to group or others (mode {:04o}): run chmod 600 "
                                       "'{}', and make new keys if somebody may have read it",
                                       0600U | bit, path_));
    }
}

TEST_F(ConfigKeyFile, IsRefusedWhereAnotherUserOwnsIt) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give a file away";
    }
    write(hex);
    ASSERT_EQ(::chown(path_.c_str(), 4711, 0), 0);
    EXPECT_EQ(error(), fmt::format("belongs to user 4711, who is neither this process's nor root: "
                                   "run chown 0 '{}', and make new keys if that user should not "
                                   "know them",
                                   path_));
}

TEST_F(ConfigKeyFile, IsARegularFile) {
    EXPECT_EQ(error(), "cannot be opened: No such file or directory");
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(error(), "is not a regular file: keys are read from regular files only");
    path_ = directory_;
    EXPECT_EQ(error(), "is not a regular file: keys are read from regular files only");
}

TEST_F(ConfigKeyFile, HoldsOneKeyAndNothingElse) {
    write("");
    EXPECT_EQ(error(), "is empty: make a key with mt6dctl keygen");
    write(" \n");
    EXPECT_EQ(error(), "is empty: make a key with mt6dctl keygen");
    write(std::string(4097, ' ') + hex);
    EXPECT_THAT(error(), testing::StartsWith("is larger than 4096 bytes"));
    write(hex + std::string(4096 - hex.size(), '\n'));
    EXPECT_EQ(error(), "");
    write("0x" + hex);
    EXPECT_EQ(error(), "the key has a character that is no hexadecimal digit: make a key with "
                       "mt6dctl keygen");
    write(hex + std::string(1, '\0'));
    EXPECT_THAT(error(), testing::HasSubstr("no hexadecimal digit"));
}

} // namespace

} // namespace mt6d::config
