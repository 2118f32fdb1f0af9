// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/state_directory.hpp"
#include "tests/unit/state_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

namespace mt6d {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
}

std::string error_of(const std::string& directory) {
    const auto opened = try_open_numbers(directory);
    return opened ? "none" : opened.error().message;
}

class StateDirectoryTest : public testing::Test {
protected:
    TemporaryDirectory parent;
    const std::string path = parent.path() + "/lib/mt6d/site-a";
    const std::string file = path + "/numbers";
};

TEST_F(StateDirectoryTest, is_made_for_its_user_alone) {
    const mode_t before = ::umask(022);
    open_numbers(path + "/");
    ::umask(before);
    EXPECT_EQ(mode_of(parent.path() + "/lib"), 0755U);
    EXPECT_EQ(mode_of(parent.path() + "/lib/mt6d"), 0755U);
    EXPECT_EQ(mode_of(path), 0700U);
    EXPECT_EQ(mode_of(file), 0600U);
    EXPECT_EQ(mode_of(path + "/lock"), 0600U);
}

TEST_F(StateDirectoryTest, is_refused_where_others_may_write) {
    open_numbers(path);
    for (const mode_t mode : {0720U, 0702U, 01777U}) {
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
        EXPECT_THAT(error_of(path), StartsWith(path + ": group or others may write to it"));
    }
    ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
    EXPECT_EQ(error_of(path), "none");
}

TEST_F(StateDirectoryTest, refuses_files_that_others_may_write_to) {
    for (const std::string& name : {file, path + "/lock"}) {
        open_numbers(path);
        for (const mode_t mode : {0620U, 0602U}) {
            ASSERT_EQ(::chmod(name.c_str(), mode), 0);
            EXPECT_THAT(error_of(path), StartsWith(name + ": group or others may write to it"));
        }
        ASSERT_EQ(::chmod(name.c_str(), 0640), 0);
        EXPECT_EQ(error_of(path), "none");
    }
}

TEST_F(StateDirectoryTest, refuses_what_belongs_to_another_user) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "only root can give files away";
    }
    for (const std::string& name : {file, path}) {
        open_numbers(path);
        ASSERT_EQ(::chown(name.c_str(), 65534, 65534), 0);
        EXPECT_THAT(error_of(path), StartsWith(name + ": belongs to user 65534"));
        ASSERT_EQ(::chown(name.c_str(), 0, 0), 0);
    }
}

TEST_F(StateDirectoryTest, follows_no_link_to_a_file) {
    open_numbers(path);
    const std::string elsewhere = parent.path() + "/elsewhere";
    std::filesystem::rename(file, elsewhere);
    std::filesystem::create_symlink(elsewhere, file);
    const FileBytes before = read_bytes(elsewhere);
    EXPECT_THAT(error_of(path), HasSubstr("instead of a symbolic link"));
    EXPECT_EQ(read_bytes(elsewhere), before);
}

TEST_F(StateDirectoryTest, waits_for_no_pipe) {
    open_numbers(path);
    std::filesystem::remove(file);
    ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
    EXPECT_THAT(error_of(path), StartsWith(file + ": is not a regular file"));
}

TEST_F(StateDirectoryTest, says_that_a_file_is_in_its_way) {
    write_bytes(parent.path() + "/lib", {});
    EXPECT_THAT(error_of(path), HasSubstr("Not a directory"));
}

// What systemd makes of StateDirectory= for a dynamic user.
TEST_F(StateDirectoryTest, may_be_a_link_to_a_directory_of_ones_own) {
    open_numbers(path);
    const std::string link = parent.path() + "/link";
    std::filesystem::create_directory_symlink(path, link);
    EXPECT_EQ(error_of(link), "none");
}

TEST_F(StateDirectoryTest, serves_one_at_a_time) {
    {
        const auto first = open_numbers(path);
        EXPECT_THAT(error_of(path),
                    StartsWith(path + ": another process uses this state directory"));
    }
    EXPECT_EQ(error_of(path), "none");
}

TEST_F(StateDirectoryTest, is_free_again_when_the_process_that_had_it_was_killed) {
    std::array<int, 2> ready{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto opened = try_open_numbers(path);
        const char answer = opened ? 'y' : 'n';
        if (::write(ready[1], &answer, 1) == 1) {
            ::pause();
        }
        ::_exit(1);
    }
    char answer = 0;
    EXPECT_EQ(::read(ready[0], &answer, 1), 1);
    EXPECT_EQ(answer, 'y');
    EXPECT_THAT(error_of(path), HasSubstr("another process uses this state directory"));
    ::kill(child, SIGKILL);
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(error_of(path), "none");
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(StateDirectoryTest, has_no_half_made_file_after_a_crash) {
    { const auto opened = open_numbers(path); }
    std::filesystem::remove(file);
    write_bytes(file + ".new", FileBytes(17, 'x'));
    const auto opened = open_numbers(path);
    EXPECT_TRUE(opened.is_new);
    EXPECT_TRUE(opened.warnings.empty());
    EXPECT_FALSE(std::filesystem::exists(file + ".new"));
}

} // namespace
} // namespace mt6d
