// SPDX-License-Identifier: BSD-3-Clause
// Key files on disks that cannot be written to: real ones, in a mount namespace of their own.
#include "control/state/key_files.hpp"
#include "tests/unit/key_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// What `work` returns in a child process.
template <class Work>
std::string in_child(Work work) {
    std::array<int, 2> answer{};
    if (::pipe(answer.data()) != 0) {
        return "no pipe";
    }
    const pid_t child = ::fork();
    if (child == 0) {
        std::string text;
        try {
            text = work();
        } catch (const std::exception& error) {
            text = error.what();
        }
        ::_exit(::write(answer[1], text.data(), text.size()) < 0 ? 1 : 0);
    }
    ::close(answer[1]);
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::read(answer[0], part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(size));
    }
    ::close(answer[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0 ? text : "the child failed: " + text;
}

constexpr const char* not_allowed = "not allowed";

// With a file system of so many KiB at `path`.
template <class Work>
std::string with_small_disk(const std::string& path, int kibibytes, Work work) {
    return in_child([&]() -> std::string {
        const std::string size = "size=" + std::to_string(kibibytes) + "k,mode=0700";
        if (::unshare(CLONE_NEWNS) != 0
            || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
            || ::mount("tmpfs", path.c_str(), "tmpfs", 0, size.c_str()) != 0) {
            return not_allowed;
        }
        return work();
    });
}

TEST(KeyFailures, on_a_full_disk_name_the_file_and_the_cure_and_leave_the_old_state) {
    const TemporaryDirectory directory;
    const std::string keys = directory.path() + "/keys/";
    const std::string said = with_small_disk(directory.path(), 64, [&]() -> std::string {
        std::string error;
        std::uint32_t written = 0;
        {
            const auto opened = open_keys(directory.path());
            std::vector<KeyFiles::Stored> records;
            for (std::uint32_t number = 0; number < 60; ++number) {
                records.push_back(stored_of(number));
            }
            const WriteProgress progress = opened.files->write_some(records);
            if (!progress.error || progress.written == 0 || progress.written == 60) {
                return "wrote " + std::to_string(progress.written);
            }
            written = static_cast<std::uint32_t>(progress.written);
            error = progress.error->message;
            auto newer = list_of(stored_of(0, 1));
            if (opened.files->write_some(newer).written != 0) {
                return "found room";
            }
        }
        const auto again = open_keys(directory.path());
        if (states_of(again.states) != states_of_streams(0, written) || !again.warnings.empty()) {
            return "lost some";
        }
        // And there is room again.
        write_all(*again.files, list_of(forgotten(1), stored_of(0, 2)));
        return error;
    });
    if (said == not_allowed) {
        GTEST_SKIP() << "this process may mount nothing";
    }
    EXPECT_THAT(said, AllOf(StartsWith(keys), HasSubstr(".new: cannot be written: No space left on "
                                                        "device: free space on its file system")));
}

TEST(KeyFailures, in_a_read_only_directory_name_the_file_and_the_cure) {
    const TemporaryDirectory directory;
    const std::string state = directory.path() + "/state";
    const std::string keys = state + "/keys";
    ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
    const std::string said = in_child([&]() -> std::string {
        const bool is_root = ::geteuid() == 0;
        if (is_root) {
            std::filesystem::create_directory(state);
            if (::chown(state.c_str(), 65534, 65534) != 0 || ::setegid(65534) != 0
                || ::seteuid(65534) != 0) {
                return not_allowed;
            }
        }
        const auto opened = open_keys(state);
        write_all(*opened.files, list_of(stored_of(1)));
        ::chmod(keys.c_str(), 0500);
        auto records = list_of(stored_of(1, 1), stored_of(2));
        const WriteProgress progress = opened.files->write_some(records);
        auto forget = list_of(forgotten(1));
        const WriteProgress forgetting = opened.files->write_some(forget);
        ::chmod(keys.c_str(), 0700);
        if (progress.written != 0 || forgetting.written != 0
            || !std::filesystem::exists(keys + "/" + stream_of(1).hex())) {
            return "wrote there";
        }
        write_all(*opened.files, std::move(records));
        return progress.error->message + "\n" + forgetting.error->message;
    });
    const std::string cure = "Permission denied: run as the user who owns it, or set state_dir";
    EXPECT_THAT(
        said,
        AllOf(StartsWith(keys + "/" + stream_of(1).hex() + ".new: cannot be made: " + cure),
              HasSubstr("\n" + keys + "/" + stream_of(1).hex() + ": cannot be removed: " + cure)));
}

TEST(KeyFailures, of_one_stream_keep_no_other_from_being_written) {
    const TemporaryDirectory directory;
    const std::string in_its_way = directory.path() + "/keys/" + stream_of(1).hex();
    {
        const auto opened = open_keys(directory.path());
        std::filesystem::create_directories(in_its_way + "/full");
        auto records = list_of(stored_of(0), stored_of(1), stored_of(2), stored_of(3));
        const WriteProgress progress = opened.files->write_some(records);
        EXPECT_EQ(progress.written, 3U);
        EXPECT_EQ(records.at(3).identity, stream_of(1)) << "which is not written stands last";
        ASSERT_TRUE(progress.error);
        EXPECT_THAT(progress.error->message, StartsWith(in_its_way + ": cannot be made: "));
        EXPECT_FALSE(std::filesystem::exists(in_its_way + ".new")) << "it would hold keys";
    }
    States expected = states_of_streams(0, 4);
    expected.erase(stream_of(1));
    EXPECT_EQ(states_of(open_keys(directory.path()).states), expected);
}

// As where the gateway ran once as another user.
TEST(KeyFailures, to_read_a_file_leave_it_where_it_is) {
    const TemporaryDirectory directory;
    const std::string state = directory.path() + "/state";
    const std::string file = state + "/keys/" + stream_of(1).hex();
    ASSERT_EQ(::chmod(directory.path().c_str(), 0755), 0);
    const std::string said = in_child([&]() -> std::string {
        if (::geteuid() == 0) {
            std::filesystem::create_directory(state);
            if (::chown(state.c_str(), 65534, 65534) != 0 || ::setegid(65534) != 0
                || ::seteuid(65534) != 0) {
                return not_allowed;
            }
        }
        write_all(*open_keys(state).files, list_of(stored_of(1), stored_of(2)));
        ::chmod(file.c_str(), 0);
        auto opened = open_keys(state);
        opened.files.reset();
        ::chmod(file.c_str(), 0600);
        if (opened.all_read || states_of(opened.states) != states_of_streams(2, 3)
            || !opened.lost.empty() || opened.warnings.size() != 1) {
            return "used it, or others not";
        }
        if (states_of(open_keys(state).states) != states_of_streams(1, 3)) {
            return "lost it";
        }
        return opened.warnings.front();
    });
    EXPECT_THAT(said, AllOf(StartsWith(file + ": cannot be opened: Permission denied"),
                            HasSubstr("it stays where it is")));
}

TEST(KeyFailures, of_many_streams_keep_no_other_from_being_written) {
    constexpr std::uint32_t failing = 200;
    const TemporaryDirectory directory(quick_parent());
    const auto opened = open_keys(directory.path());
    std::vector<KeyFiles::Stored> records;
    for (std::uint32_t number = 0; number < failing + 2; ++number) {
        if (number < failing) {
            const std::string name = stream_of(number).hex() + ".new";
            std::filesystem::create_directories(directory.path() + "/keys/" + name + "/full");
        }
        records.push_back(stored_of(number));
    }
    const WriteProgress progress = opened.files->write_some(records);
    EXPECT_EQ(progress.written, 2U);
    EXPECT_TRUE(progress.error);
    EXPECT_EQ(opened.files->write_some(std::span(records).subspan(2)).written, 0U);
    EXPECT_TRUE(std::filesystem::exists(directory.path() + "/keys/" + stream_of(failing).hex()));
}

} // namespace
} // namespace mt6d
