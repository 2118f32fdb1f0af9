// SPDX-License-Identifier: BSD-3-Clause
#include "control/peer_offset.hpp"

#include <gtest/gtest.h>

namespace mt6d {
namespace {

constexpr std::int64_t ms = nanoseconds_per_second / 1000;

TEST(PeerOffset, lies_between_its_bounds_and_says_how_well_it_is_known) {
    const PeerOffset ahead{100 * ms, 300 * ms};
    EXPECT_DOUBLE_EQ(ahead.seconds(), 0.2);
    EXPECT_DOUBLE_EQ(ahead.resolution_seconds(), 0.2);
    const PeerOffset behind{-300 * ms, -100 * ms};
    EXPECT_DOUBLE_EQ(behind.seconds(), -0.2);
    EXPECT_DOUBLE_EQ(behind.resolution_seconds(), 0.2);
}

TEST(PeerOffset, is_at_least_the_bound_that_is_nearer_to_none) {
    EXPECT_EQ((PeerOffset{100 * ms, 300 * ms}.at_least()), 100 * ms);
    EXPECT_EQ((PeerOffset{-300 * ms, -100 * ms}.at_least()), 100 * ms);
    EXPECT_EQ((PeerOffset{-300 * ms, 100 * ms}.at_least()), 0);
    EXPECT_EQ((PeerOffset{0, 300 * ms}.at_least()), 0);
}

TEST(PeerOffsetWatch, warns_over_a_quarter_of_the_rotation_time) {
    constexpr std::uint32_t rotation = 2; // a quarter is 500 ms
    PeerOffsetWatch watch;
    EXPECT_FALSE(watch.measure({-10 * ms, 10 * ms}, rotation));
    EXPECT_FALSE(watch.measure({500 * ms, 510 * ms}, rotation));
    EXPECT_TRUE(watch.measure({501 * ms, 510 * ms}, rotation));
    PeerOffsetWatch other;
    EXPECT_TRUE(other.measure({-510 * ms, -501 * ms}, rotation));
}

TEST(PeerOffsetWatch, does_not_warn_of_what_may_be_less) {
    PeerOffsetWatch watch;
    EXPECT_FALSE(watch.measure({-100 * ms, 1900 * ms}, 2));
}

TEST(PeerOffsetWatch, warns_once_a_change) {
    PeerOffsetWatch watch;
    EXPECT_TRUE(watch.measure({600 * ms, 620 * ms}, 2));
    EXPECT_FALSE(watch.measure({600 * ms, 620 * ms}, 2));
    EXPECT_FALSE(watch.measure({700 * ms, 720 * ms}, 2));
    EXPECT_TRUE(watch.measure({1200 * ms, 1220 * ms}, 2));
    EXPECT_FALSE(watch.measure({0, 10 * ms}, 2)); // well again
    EXPECT_TRUE(watch.measure({1200 * ms, 1220 * ms}, 2));
}

// Where the hosts say little, a boundary tells little.
TEST(PeerOffsetWatch, does_not_warn_again_after_a_boundary_that_tells_little) {
    constexpr std::uint32_t rotation = 10;
    PeerOffsetWatch watch;
    EXPECT_TRUE(watch.measure({2900 * ms, 3100 * ms}, rotation));
    EXPECT_FALSE(watch.measure({-2000 * ms, 8000 * ms}, rotation));
    EXPECT_FALSE(watch.measure({2900 * ms, 3100 * ms}, rotation));
    EXPECT_FALSE(watch.measure({-2400 * ms, 2400 * ms}, rotation)); // less than a quarter
    EXPECT_TRUE(watch.measure({2900 * ms, 3100 * ms}, rotation));
}

} // namespace
} // namespace mt6d
