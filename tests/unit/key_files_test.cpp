// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/key_files.hpp"
#include "tests/unit/key_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
}

class KeyFilesTest : public testing::Test {
protected:
    [[nodiscard]] std::string path_of(std::uint32_t number) const {
        return keys + "/" + stream_of(number).hex();
    }
    // Streams 0 to 3 have state.
    void SetUp() override {
        const auto opened = open_keys(directory.path());
        write_all(*opened.files, list_of(stored_of(0), stored_of(1), stored_of(2), stored_of(3)));
    }
    [[nodiscard]] States others() const { return states_of_streams(1, 4); }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(keys)) {
            found.push_back(entry.path().filename());
        }
        std::sort(found.begin(), found.end());
        return found;
    }
    // Stream 0's file is not used, and the warning says `why` and where it is; the others are.
    void expect_damaged(const std::string& why) {
        const FileBytes before = read_bytes(path_of(0));
        const auto opened = open_keys(directory.path());
        EXPECT_EQ(states_of(opened.states), others()) << why;
        EXPECT_THAT(opened.lost, ElementsAre(stream_of(0)));
        EXPECT_THAT(opened.warnings,
                    ElementsAre(AllOf(StartsWith(path_of(0) + ": "), HasSubstr(why),
                                      HasSubstr("moved to " + path_of(0) + ".damaged; "))));
        EXPECT_FALSE(std::filesystem::exists(path_of(0)));
        EXPECT_EQ(read_bytes(path_of(0) + ".damaged"), before);
        EXPECT_EQ(mode_of(path_of(0) + ".damaged"), 0600U);
    }
    // Likewise, and what was there is not a file of keys whoever made it.
    void expect_foreign(const std::string& why) {
        auto opened = open_keys(directory.path());
        opened.files.reset();
        EXPECT_EQ(states_of(opened.states), others()) << why;
        EXPECT_THAT(opened.lost, IsEmpty());
        EXPECT_THAT(opened.warnings,
                    ElementsAre(AllOf(StartsWith(path_of(0) + ": "), HasSubstr(why),
                                      HasSubstr("moved to " + path_of(0) + ".foreign-"))));
        EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(path_of(0))));
        EXPECT_THAT(open_keys(directory.path()).warnings, IsEmpty()) << "once";
    }

    TemporaryDirectory directory{quick_parent()};
    const std::string keys = directory.path() + "/keys";
};

TEST_F(KeyFilesTest, give_back_what_was_written) {
    const auto opened = open_keys(directory.path());
    EXPECT_EQ(states_of(opened.states), states_of_streams(0, 4));
    EXPECT_THAT(opened.lost, IsEmpty());
    EXPECT_THAT(opened.warnings, IsEmpty());
}

TEST_F(KeyFilesTest, are_for_their_user_alone) {
    const mode_t before = ::umask(0);
    const TemporaryDirectory other;
    write_all(*open_keys(other.path()).files, list_of(stored_of(5)));
    ::umask(before);
    EXPECT_EQ(mode_of(other.path() + "/keys"), 0700U);
    EXPECT_EQ(mode_of(other.path() + "/keys/" + stream_of(5).hex()), 0600U);
}

TEST_F(KeyFilesTest, are_named_by_the_hexadecimal_identity) {
    StreamIdentity identity;
    for (std::size_t i = 0; i < identity.bytes.size(); ++i) {
        identity.bytes[i] = static_cast<std::uint8_t>(0x11 * i);
    }
    EXPECT_EQ(identity.hex(), "00112233445566778899aabbccddeeff");
    EXPECT_EQ(StreamIdentity::from_hex(identity.hex()), identity);
    for (const char* text :
         {"", "00112233445566778899aabbccddeef", "00112233445566778899AABBCCDDEEFF",
          "00112233445566778899aabbccddeeff0", "0x112233445566778899aabbccddeeff",
          "00112233445566778899aabbccddee f"}) {
        EXPECT_EQ(StreamIdentity::from_hex(text), std::nullopt) << text;
    }
}

TEST_F(KeyFilesTest, hold_states_of_one_byte_to_two_kibibytes) {
    auto opened = open_keys(directory.path());
    States expected = states_of_streams(0, 4);
    for (const std::uint32_t size : {1U, 2047U, 2048U}) {
        expected[stream_of(size)] = FileBytes(size, 0xa5);
        write_all(*opened.files, list_of(KeyFiles::Stored{9, stream_of(size), 1,
                                                          SecretBuffer(FileBytes(size, 0xa5))}));
    }
    opened.files.reset();
    EXPECT_EQ(states_of(open_keys(directory.path()).states), expected);
    EXPECT_THROW(KeyFileBytes(stream_of(1), FileBytes(2049)), std::length_error);
}

TEST_F(KeyFilesTest, keep_the_last_of_many_writes) {
    const auto opened = open_keys(directory.path());
    for (std::uint32_t age = 1; age < 50; ++age) {
        write_all(*opened.files, list_of(stored_of(0, age)));
    }
    EXPECT_EQ(read_bytes(path_of(0)).size(), state_of(0, 49).size() + 64);
    EXPECT_THAT(names(), SizeIs(4));
}

TEST_F(KeyFilesTest, are_never_used_with_a_bit_that_is_wrong) {
    const FileBytes good = read_bytes(path_of(0));
    for (std::size_t at = 0; at < good.size(); ++at) {
        FileBytes bad = good;
        bad[at] ^= static_cast<std::uint8_t>(1U << at % 8);
        write_bytes(path_of(0), bad);
        const auto opened = open_keys(directory.path());
        ASSERT_EQ(states_of(opened.states), others()) << at;
        ASSERT_THAT(opened.warnings, SizeIs(1)) << at;
    }
}

TEST_F(KeyFilesTest, are_never_used_wherever_they_are_cut_or_grown) {
    const FileBytes good = read_bytes(path_of(0));
    for (std::size_t size = 0; size < good.size(); ++size) {
        write_bytes(path_of(0), FileBytes(good.begin(), good.begin() + static_cast<long>(size)));
        ASSERT_EQ(states_of(open_keys(directory.path()).states), others()) << size;
    }
    for (const std::size_t more : {1UL, 100UL, 5000UL}) {
        FileBytes grown = good;
        grown.resize(good.size() + more);
        write_bytes(path_of(0), grown);
        ASSERT_EQ(states_of(open_keys(directory.path()).states), others()) << more;
    }
}

TEST_F(KeyFilesTest, are_put_aside_for_their_user_when_they_are_damaged) {
    const FileBytes good = read_bytes(path_of(0));
    const auto changed = [&good](std::size_t at) {
        FileBytes bytes = good;
        bytes.at(at) ^= 3U;
        return bytes;
    };
    const std::vector<std::pair<FileBytes, std::string>> cases{
        {FileBytes(300, 'x'), "is not a file of session keys"},
        {{}, "is not a file of session keys"},
        {FileBytes(good.begin(), good.begin() + 20), "is not a file of session keys"},
        {changed(0), "is not a file of session keys"},
        {changed(11), "is of version 2, and this gateway knows version 1"},
        {FileBytes(good.begin(), good.end() - 1), "is longer or shorter than it says"},
        {FileBytes(9000, 'm'), "is not a file of session keys"},
        {changed(40), "has a wrong checksum"},
        {changed(good.size() - 1), "has a wrong checksum"},
        {read_bytes(path_of(1)), "is of another stream, " + stream_of(1).hex()},
    };
    for (const auto& [bytes, why] : cases) {
        write_bytes(path_of(0), bytes);
        expect_damaged(why);
    }
    EXPECT_THAT(names(), SizeIs(4)) << "one aside a stream, however many there were";
}

TEST_F(KeyFilesTest, are_not_used_if_others_could_have_written_them) {
    const FileBytes good = read_bytes(path_of(0));
    for (const mode_t mode : {0620U, 0602U, 0666U}) {
        write_bytes(path_of(0), good);
        ASSERT_EQ(::chmod(path_of(0).c_str(), mode), 0);
        expect_damaged("group or others may write to it");
    }
}

TEST_F(KeyFilesTest, are_not_used_if_they_are_another_users) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    ASSERT_EQ(::chown(path_of(0).c_str(), 65534, 65534), 0);
    expect_damaged("belongs to user 65534");
}

TEST_F(KeyFilesTest, give_way_to_nothing_else_of_their_name) {
    const std::string elsewhere = directory.path() + "/elsewhere";
    std::filesystem::rename(path_of(0), elsewhere);
    const FileBytes good = read_bytes(elsewhere);

    std::filesystem::create_symlink(elsewhere, path_of(0));
    expect_foreign("instead of a symbolic link");
    std::filesystem::create_directories(path_of(0) + "/full");
    expect_foreign("is not a regular file");
    ASSERT_EQ(::mkfifo(path_of(0).c_str(), 0600), 0);
    expect_foreign("is not a regular file");

    EXPECT_EQ(read_bytes(elsewhere), good);
    EXPECT_THAT(names(), SizeIs(6));
}

TEST_F(KeyFilesTest, put_aside_are_still_lost_at_the_next_start_and_said_once) {
    write_bytes(path_of(0), {1});
    open_keys(directory.path());
    const auto again = open_keys(directory.path());
    EXPECT_THAT(again.lost, ElementsAre(stream_of(0)));
    EXPECT_THAT(again.warnings, IsEmpty());
}

// Its keys may be those of epochs that are over.
TEST_F(KeyFilesTest, put_aside_are_removed_when_their_stream_has_new_state) {
    write_bytes(path_of(0), {1});
    write_bytes(path_of(1), {1});
    {
        const auto opened = open_keys(directory.path());
        write_all(*opened.files, list_of(stored_of(2, 5)));
        EXPECT_TRUE(std::filesystem::exists(path_of(0) + ".damaged")) << "another's is not newer";
        write_all(*opened.files, list_of(stored_of(0, 5)));
        EXPECT_FALSE(std::filesystem::exists(path_of(0) + ".damaged"));
        EXPECT_TRUE(std::filesystem::exists(path_of(1) + ".damaged"));
    }
    EXPECT_THAT(open_keys(directory.path()).lost, ElementsAre(stream_of(1)));
}

TEST_F(KeyFilesTest, put_aside_stay_while_new_state_cannot_be_written) {
    write_bytes(path_of(0), {1});
    const auto opened = open_keys(directory.path());
    {
        const FileSizeLimit limit(20);
        auto records = list_of(stored_of(0, 5));
        EXPECT_EQ(opened.files->write_some(records).written, 0U);
    }
    EXPECT_TRUE(std::filesystem::exists(path_of(0) + ".damaged"));
}

TEST_F(KeyFilesTest, put_aside_go_at_a_start_where_a_crash_left_them_beside_new_state) {
    write_bytes(path_of(0) + ".damaged", {1});
    const auto opened = open_keys(directory.path());
    EXPECT_EQ(states_of(opened.states), states_of_streams(0, 4));
    EXPECT_THAT(opened.lost, IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(path_of(0) + ".damaged"));
}

TEST_F(KeyFilesTest, half_written_are_removed_and_named) {
    write_bytes(path_of(0) + ".new", FileBytes(17, 'x'));
    write_bytes(path_of(7) + ".new", read_bytes(path_of(0)));
    const auto opened = open_keys(directory.path());
    EXPECT_EQ(states_of(opened.states), states_of_streams(0, 4));
    EXPECT_THAT(opened.warnings,
                testing::UnorderedElementsAre(StartsWith(path_of(0) + ".new: was removed"),
                                              StartsWith(path_of(7) + ".new: was removed")));
    EXPECT_THAT(names(), SizeIs(4));
}

TEST_F(KeyFilesTest, leave_alone_what_has_no_name_of_theirs) {
    const std::vector<std::string> strange{keys + "/README", keys + "/a.new",
                                           keys + "/" + stream_of(0).hex() + ".old"};
    for (const std::string& path : strange) {
        write_bytes(path, {1, 2, 3});
    }
    const auto opened = open_keys(directory.path());
    EXPECT_EQ(states_of(opened.states), states_of_streams(0, 4));
    EXPECT_THAT(opened.warnings, SizeIs(3));
    for (const std::string& path : strange) {
        EXPECT_THAT(opened.warnings, testing::Contains(StartsWith(path + ": is none of")));
        EXPECT_THAT(read_bytes(path), ElementsAre(1, 2, 3));
    }
}

TEST_F(KeyFilesTest, of_a_forgotten_stream_are_gone_and_what_was_put_aside_of_them) {
    write_bytes(path_of(0), {1});
    const auto opened = open_keys(directory.path());
    write_all(*opened.files, list_of(forgotten(0), forgotten(1), forgotten(99)));
    EXPECT_THAT(names(), testing::UnorderedElementsAre(stream_of(2).hex(), stream_of(3).hex()));
    write_all(*opened.files, list_of(stored_of(1, 3)));
    EXPECT_EQ(read_bytes(path_of(1)).size(), state_of(1, 3).size() + 64);
}

TEST_F(KeyFilesTest, are_refused_as_a_whole_where_others_may_write) {
    const auto error = [this] {
        auto found = KeyFiles::open(*StateDirectory::open(directory.path()));
        return found ? "none" : found.error().message;
    };
    ASSERT_EQ(::chmod(keys.c_str(), 0770), 0);
    EXPECT_THAT(error(), AllOf(StartsWith(keys + ": group or others may write to it"),
                               HasSubstr("chmod go-w")));
    ASSERT_EQ(::chmod(keys.c_str(), 0700), 0);
    std::filesystem::rename(keys, keys + "2");
    std::filesystem::create_directory_symlink(keys + "2", keys);
    EXPECT_THAT(error(), AllOf(StartsWith(keys + ": cannot be opened"), HasSubstr("move away")));
    std::filesystem::remove(keys);
    EXPECT_EQ(error(), "none");
}

TEST_F(KeyFilesTest, are_in_a_directory_which_no_file_of_its_name_keeps_from_being_made) {
    std::filesystem::remove_all(keys);
    write_bytes(keys, {1, 2, 3});
    EXPECT_THAT(open_keys(directory.path()).warnings,
                ElementsAre(AllOf(StartsWith(keys + ": is a file"),
                                  HasSubstr("moved to " + keys + ".foreign-"))));
    EXPECT_THAT(open_keys(directory.path()).warnings, IsEmpty());
}

TEST_F(KeyFilesTest, of_no_use_to_their_reader_are_put_aside_until_there_is_newer_state) {
    const FileBytes before = read_bytes(path_of(0));
    const auto opened = open_keys(directory.path());
    const auto aside = opened.files->put_aside(stream_of(0));
    ASSERT_TRUE(aside);
    EXPECT_EQ(*aside, path_of(0) + ".damaged");
    EXPECT_EQ(read_bytes(*aside), before);
    EXPECT_FALSE(std::filesystem::exists(path_of(0)));
    EXPECT_FALSE(opened.files->put_aside(stream_of(99)));
    write_all(*opened.files, list_of(stored_of(0, 1)));
    EXPECT_FALSE(std::filesystem::exists(*aside));
}

TEST_F(KeyFilesTest, say_no_more_than_some_of_many_warnings) {
    for (std::uint32_t number = 0; number < 300; ++number) {
        write_bytes(path_of(number), {1});
    }
    const auto opened = open_keys(directory.path());
    EXPECT_THAT(opened.lost, SizeIs(300));
    EXPECT_THAT(opened.warnings, SizeIs(21));
    EXPECT_THAT(opened.warnings.back(), AllOf(StartsWith(keys), HasSubstr("280 more files")));
}

// Linear work: a second or so.
TEST_F(KeyFilesTest, are_read_by_the_hundred_thousand) {
    constexpr std::uint32_t count = 100000;
    const TemporaryDirectory other; // hundreds of MB
    open_keys(other.path());
    for (std::uint32_t number = 0; number < count; ++number) {
        const KeyFileBytes bytes(stream_of(number), state_of(number));
        write_bytes(other.path() + "/keys/" + stream_of(number).hex(),
                    FileBytes(bytes.get().begin(), bytes.get().end()));
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto opened = open_keys(other.path());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
    EXPECT_THAT(opened.warnings, IsEmpty());
    ASSERT_EQ(opened.states.size(), count);
    for (std::uint32_t number = 0; number < count; ++number) {
        const auto state = opened.states.at(stream_of(number)).get();
        ASSERT_EQ(FileBytes(state.begin(), state.end()), state_of(number)) << number;
    }
}

} // namespace
} // namespace mt6d
