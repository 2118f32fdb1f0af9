// SPDX-License-Identifier: BSD-3-Clause
// Work that service threads have done on the control lcore: here, the test's own thread is control.
#include "control/control_tasks.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mt6d {
namespace {

using namespace std::chrono_literals;

// Control's ticks until whoever asked has an answer.
template <class Answer>
Answer tick_until(ControlTasks& tasks, std::future<Answer> answer) {
    while (answer.wait_for(1ms) != std::future_status::ready) {
        tasks.advance();
    }
    return answer.get();
}

TEST(ControlTasks, are_done_on_the_thread_of_control_and_waited_for) {
    ControlTasks tasks;
    std::thread::id done_by;
    auto asked = std::async(std::launch::async, [&] {
        return static_cast<bool>(tasks.run([&] { done_by = std::this_thread::get_id(); }));
    });
    EXPECT_TRUE(tick_until(tasks, std::move(asked)));
    EXPECT_EQ(done_by, std::this_thread::get_id());
}

TEST(ControlTasks, that_control_does_not_come_to_are_never_done_later) {
    ControlTasks tasks;
    const auto held = std::make_shared<bool>(false);
    const auto done = tasks.run([held] { *held = true; }, 20ms);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find("did not come to it"), std::string::npos);
    tasks.advance();
    EXPECT_FALSE(*held);
    EXPECT_EQ(held.use_count(), 1) << "nothing of it is kept";
}

TEST(ControlTasks, are_so_few_a_tick_that_rotation_is_not_kept_waiting) {
    ControlTasks tasks;
    std::atomic<std::size_t> done{0};
    std::vector<std::future<bool>> asked;
    for (std::size_t i = 0; i < 2 * ControlTasks::tasks_a_tick; ++i) {
        asked.push_back(std::async(std::launch::async, [&] {
            return static_cast<bool>(tasks.run([&] { ++done; }, 10s));
        }));
    }
    std::size_t before = 0;
    for (auto& one : asked) {
        while (one.wait_for(1ms) != std::future_status::ready) {
            tasks.advance();
            EXPECT_LE(done - before, ControlTasks::tasks_a_tick);
            before = done;
        }
        EXPECT_TRUE(one.get());
    }
}

TEST(ControlTasks, are_refused_once_the_gateway_ends) {
    ControlTasks tasks;
    auto waiting = std::async(std::launch::async, [&] { return tasks.run([] {}, 10s); });
    while (waiting.wait_for(1ms) != std::future_status::ready) {
        tasks.close();
    }
    const auto refused = waiting.get();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "the gateway is ending");
    EXPECT_FALSE(tasks.run([] {}, 10s));
}

} // namespace
} // namespace mt6d
