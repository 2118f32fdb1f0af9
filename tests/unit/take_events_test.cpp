// SPDX-License-Identifier: BSD-3-Clause
// Events are taken by so many at a time, whoever goes on telling.
#include "control/take_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace mt6d {
namespace {

struct Queue {
    std::deque<int> events;
    bool pop(int& event) {
        if (events.empty()) {
            return false;
        }
        event = events.front();
        events.pop_front();
        return true;
    }
};

TEST(TakeEvents, takes_all_that_wait_in_order) {
    Queue queue{{1, 2, 3}};
    std::vector<int> heard;
    take_events<int>(queue, 10, [&](int event) { heard.push_back(event); });
    EXPECT_THAT(heard, testing::ElementsAre(1, 2, 3));
}

TEST(TakeEvents, ends_though_the_producer_never_stops) {
    Queue queue{{0}};
    int heard = 0;
    take_events<int>(queue, 32, [&](int event) {
        ++heard;
        queue.events.push_back(event + 1); // as soon as there is room again
        ASSERT_LE(heard, 32);
    });
    EXPECT_EQ(heard, 32);
}

} // namespace
} // namespace mt6d
