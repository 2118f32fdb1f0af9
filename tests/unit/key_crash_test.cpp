// SPDX-License-Identifier: BSD-3-Clause
// Section 9, rule 3: what is left when the gateway is killed at any system call of a write.
#include "control/state/key_files.hpp"
#include "tests/unit/key_support.hpp"
#include "tests/unit/killed_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using Records = std::vector<KeyFiles::Stored>;
using State = std::optional<FileBytes>;

// Nothing else asks for it: the child says so that write_some() has returned.
constexpr long told = SYS_getppid;

State state_in(const States& states, std::uint32_t number) {
    const auto found = states.find(stream_of(number));
    return found == states.end() ? State() : found->second;
}

class KeyCrashTest : public testing::Test {
protected:
    // Once for each stop: `before` is on the disk, then `after` is being written when the kill
    // comes; `check` sees what the next start finds, and whether the write was told to be done.
    void at_each_stop(const std::function<Records()>& before, const std::function<Records()>& after,
                      const std::function<void(const States&, bool)>& check) {
        for (std::size_t stop = 0;; ++stop) {
            SCOPED_TRACE("stop " + std::to_string(stop));
            ASSERT_LT(stop, 500U);
            const TemporaryDirectory directory(quick_parent());
            write_all(*open_keys(directory.path()).files, before());
            const auto killed = test::kill_at(
                stop, [&] { return std::pair(open_keys(directory.path()), after()); },
                [](auto& prepared) {
                    prepared.first.files->write_some(prepared.second);
                    ::syscall(told);
                });
            if (!killed.could_trace) {
                GTEST_SKIP() << "this process may trace no other";
            }
            if (killed.ended) {
                EXPECT_GE(stop, 6U);
                calls = killed.calls;
                return;
            }
            const auto opened = open_keys(directory.path());
            EXPECT_THAT(opened.lost, IsEmpty());
            for (const std::string& warning : opened.warnings) {
                EXPECT_THAT(warning, testing::HasSubstr(".new: was removed"));
            }
            check(states_of(opened.states), killed.did(told));
            names_are_those_of(directory.path() + "/keys", opened.states.size());
        }
    }
    static void names_are_those_of(const std::string& keys, std::size_t count) {
        const std::filesystem::directory_iterator begin(keys);
        EXPECT_EQ(std::distance(begin, std::filesystem::directory_iterator()),
                  static_cast<std::ptrdiff_t>(count))
            << "nothing is left over";
    }

    std::vector<long> calls; // of a write that was not killed
};

TEST_F(KeyCrashTest, leaves_the_old_state_or_the_new_one) {
    std::set<State> seen;
    at_each_stop([] { return list_of(stored_of(1, 1), stored_of(2)); },
                 [] { return list_of(stored_of(1, 2)); },
                 [&seen](const States& states, bool is_told) {
                     const State found = state_in(states, 1);
                     EXPECT_TRUE(found == state_of(1, 2) || (!is_told && found == state_of(1, 1)));
                     EXPECT_EQ(state_in(states, 2), state_of(2)) << "another's";
                     seen.insert(found);
                 });
    EXPECT_THAT(seen, SizeIs(calls.empty() ? 0 : 2));
}

TEST_F(KeyCrashTest, leaves_no_state_or_all_of_the_first_one) {
    std::set<State> seen;
    at_each_stop([] { return Records(); }, [] { return list_of(stored_of(1)); },
                 [&seen](const States& states, bool is_told) {
                     const State found = state_in(states, 1);
                     EXPECT_TRUE(found == state_of(1) || (!is_told && !found));
                     seen.insert(found);
                 });
    EXPECT_THAT(seen, SizeIs(calls.empty() ? 0 : 2));
}

TEST_F(KeyCrashTest, leaves_a_forgotten_state_whole_or_not_at_all) {
    std::set<State> seen;
    at_each_stop([] { return list_of(stored_of(1)); }, [] { return list_of(forgotten(1)); },
                 [&seen](const States& states, bool is_told) {
                     const State found = state_in(states, 1);
                     EXPECT_TRUE(!found || (!is_told && found == state_of(1)));
                     seen.insert(found);
                 });
    EXPECT_THAT(seen, SizeIs(calls.empty() ? 0 : 2));
}

TEST_F(KeyCrashTest, leaves_of_several_each_the_old_state_or_the_new_one) {
    std::size_t told_in_all = 0;
    std::set<States> seen;
    at_each_stop([] { return list_of(stored_of(1, 1), stored_of(2, 1)); },
                 [] { return list_of(stored_of(1, 2), stored_of(2, 2), stored_of(3, 2)); },
                 [&](const States& states, bool is_told) {
                     for (std::uint32_t number = 1; number <= 3; ++number) {
                         const State old = number < 3 ? state_of(number, 1) : State();
                         const State found = state_in(states, number);
                         EXPECT_TRUE(found == state_of(number, 2) || (!is_told && found == old))
                             << number;
                     }
                     told_in_all += is_told ? 1 : 0;
                     seen.insert(states);
                 });
    EXPECT_GE(told_in_all, calls.empty() ? 0U : 1U);
    EXPECT_THAT(seen, SizeIs(calls.empty() ? 0 : 4));
}

// A kill spares what the kernel has not written yet, and a power failure does not: what has to be
// on the disk before what.
TEST_F(KeyCrashTest, waits_for_the_file_before_its_name_and_for_the_name_before_it_tells) {
    at_each_stop([] { return list_of(stored_of(1, 1)); },
                 [] { return list_of(stored_of(1, 2), stored_of(2)); }, [](const States&, bool) {});
    if (calls.empty()) {
        GTEST_SKIP() << "this process may trace no other";
    }
    std::vector<long> order;
    for (const long call : calls) {
        for (const long wanted :
             {static_cast<long>(SYS_pwrite64), static_cast<long>(SYS_fdatasync),
              static_cast<long>(SYS_renameat), static_cast<long>(SYS_fsync), told}) {
            if (call == wanted) {
                order.push_back(call);
            }
        }
    }
    EXPECT_THAT(order, testing::ElementsAre(SYS_pwrite64, SYS_fdatasync, SYS_renameat, SYS_pwrite64,
                                            SYS_fdatasync, SYS_renameat, SYS_fsync, told));
}

TEST_F(KeyCrashTest, waits_for_all_of_a_forgotten_stream_to_be_gone_before_it_tells) {
    at_each_stop([] { return list_of(stored_of(1)); }, [] { return list_of(forgotten(1)); },
                 [](const States&, bool) {});
    if (calls.empty()) {
        GTEST_SKIP() << "this process may trace no other";
    }
    calls.resize(4); // and the end of the process
    EXPECT_THAT(calls, testing::ElementsAre(SYS_unlinkat, SYS_unlinkat, SYS_fsync, told));
}

// Read at a start that followed a kill, it may have been in memory alone.
TEST_F(KeyCrashTest, waits_at_a_start_for_what_it_has_read_to_be_on_the_disk) {
    const TemporaryDirectory directory(quick_parent());
    write_all(*open_keys(directory.path()).files, list_of(stored_of(1)));
    const auto killed = test::kill_at(
        100000, [&] { return *StateDirectory::open(directory.path()); },
        [](auto& state) {
            const auto opened = KeyFiles::open(state);
            ::syscall(told);
        });
    if (!killed.could_trace) {
        GTEST_SKIP() << "this process may trace no other";
    }
    const auto synced = std::find(killed.calls.rbegin(), killed.calls.rend(), SYS_fsync);
    const auto read = std::find(killed.calls.rbegin(), killed.calls.rend(), SYS_pread64);
    ASSERT_NE(read, killed.calls.rend());
    EXPECT_LT(synced, read) << "after it";
}

} // namespace
} // namespace mt6d
