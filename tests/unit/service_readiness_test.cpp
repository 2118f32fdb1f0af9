// SPDX-License-Identifier: BSD-3-Clause
// When a gateway counts as ready, and who of its lcores counts as standing still.
#include "control/service/movement.hpp"
#include "control/service/readiness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mt6d::service {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint start{};
constexpr TimePoint deadline = start + seconds(60);

VitalSigns well() {
    return {.link_up = {true, true},
            .clock_synchronised = true,
            .worker_polls = {10, 20},
            .control_ticks = 30,
            .streams = 2};
}

TEST(Readiness, is_there_at_once_where_nothing_lacks) {
    Readiness readiness(deadline);
    EXPECT_TRUE(readiness.look(well(), start));
    EXPECT_EQ(readiness.status(), "forwarding 2 streams");
}

TEST(Readiness, waits_for_each_link_and_the_clock_and_names_them) {
    Readiness readiness(deadline);
    VitalSigns signs = well();
    signs.link_up = {false, false};
    signs.clock_synchronised = false;
    EXPECT_FALSE(readiness.look(signs, start));
    EXPECT_EQ(readiness.status(), "waiting for the internal port's link and the external port's "
                                  "link and a synchronised clock");
    signs.link_up = {true, true};
    EXPECT_FALSE(readiness.look(signs, start + seconds(1)));
    EXPECT_EQ(readiness.status(), "waiting for a synchronised clock");
    signs.clock_synchronised = true;
    EXPECT_TRUE(readiness.look(signs, start + seconds(2)));
}

TEST(Readiness, comes_at_the_deadline_and_tells_what_is_lacking) {
    Readiness readiness(deadline);
    VitalSigns signs = well();
    signs.streams = 1;
    signs.link_up[1] = false;
    EXPECT_FALSE(readiness.look(signs, deadline - seconds(1)));
    EXPECT_TRUE(readiness.look(signs, deadline));
    EXPECT_EQ(readiness.status(), "forwarding 1 stream, without the external port's link");
}

TEST(Readiness, stays_when_a_link_goes_down_later) {
    Readiness readiness(deadline);
    VitalSigns signs = well();
    EXPECT_TRUE(readiness.look(signs, start));
    signs.link_up[0] = false;
    EXPECT_TRUE(readiness.look(signs, start + seconds(1)));
    EXPECT_EQ(readiness.status(), "forwarding 2 streams, without the internal port's link");
}

TEST(Movement, blames_nobody_at_first) {
    Movement movement;
    EXPECT_THAT(movement.standing_still(well()), IsEmpty());
}

TEST(Movement, names_each_lcore_that_did_nothing_since_the_last_look) {
    Movement movement;
    VitalSigns signs = well();
    movement.standing_still(signs);
    signs.worker_polls[0] += 1;
    EXPECT_THAT(movement.standing_still(signs), ElementsAre("worker 1", "the control lcore"));
    signs.worker_polls[1] += 1;
    signs.control_ticks += 1;
    EXPECT_THAT(movement.standing_still(signs), ElementsAre("worker 0"));
}

TEST(Movement, forgives_one_that_moves_again) {
    Movement movement;
    VitalSigns signs = well();
    movement.standing_still(signs);
    EXPECT_EQ(movement.standing_still(signs).size(), 3U);
    for (std::uint64_t& polls : signs.worker_polls) {
        ++polls;
    }
    ++signs.control_ticks;
    EXPECT_THAT(movement.standing_still(signs), IsEmpty());
}

} // namespace
} // namespace mt6d::service
