// SPDX-License-Identifier: BSD-3-Clause
#include "control/activity.hpp"

#include <gtest/gtest.h>

namespace mt6d {
namespace {

constexpr std::int64_t second = nanoseconds_per_second;

TEST(AnActivity, is_unknown_until_something_was_counted) {
    Activity activity;
    activity.visit({.sent = 0, .heard = 0, .dropped = 0}, 100 * second);
    EXPECT_FALSE(activity.sent_ago(200 * second));
    EXPECT_FALSE(activity.heard_ago(200 * second));
}

TEST(AnActivity, is_as_old_as_the_visit_that_saw_the_counter_grow) {
    Activity activity;
    activity.visit({.sent = 5, .heard = 0, .dropped = 0}, 100 * second);
    activity.visit({.sent = 5, .heard = 3, .dropped = 0}, 110 * second);
    activity.visit({.sent = 5, .heard = 3, .dropped = 0}, 120 * second);
    EXPECT_EQ(activity.sent_ago(125 * second), 25);
    EXPECT_EQ(activity.heard_ago(125 * second), 15);
    EXPECT_FALSE(activity.dropped_ago(125 * second));
    activity.visit({.sent = 5, .heard = 3, .dropped = 1}, 130 * second);
    EXPECT_EQ(activity.dropped_ago(131 * second), 1);
}

} // namespace
} // namespace mt6d
