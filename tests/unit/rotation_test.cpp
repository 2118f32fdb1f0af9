// SPDX-License-Identifier: BSD-3-Clause
// Windows of salts, schedules and clock steps (docs/protocol.md, section 3).
#include "control/rotation.hpp"
#include "tests/support/fake_clock.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace mt6d {
namespace {

constexpr std::int64_t second = nanoseconds_per_second;
constexpr std::int64_t millisecond = second / 1000;
constexpr std::int64_t start = 1'700'000'000 * second; // a boundary for 1, 2, 5, 10 and 20 s

Salt salt_of(std::int64_t unix_ns, std::uint32_t rotation) {
    return RotationSchedule(rotation, unix_ns).active();
}

TEST(SaltWindow, spans_the_lifetime_one_salt_ahead_and_the_prepared_one) {
    struct Row {
        Salt active;
        std::uint32_t rotation, lifetime;
        SaltWindow window;
    };
    const Row rows[] = {
        {1000, 10, 20, {999, 1001, 1002}},
        {1000, 10, 30, {998, 1001, 1002}},
        {1000, 2, 6, {998, 1001, 1002}},
        {1000, 1, 10, {991, 1001, 1002}},
        {1000, 3600, 7200, {999, 1001, 1002}},
        {3, 10, 30, {1, 4, 5}},
        {2, 10, 30, {0, 3, 4}}, // exactly fits
        {1, 10, 30, {0, 2, 3}}, // would begin before the epoch
        {0, 10, 30, {0, 1, 2}},
        {0, 1, 4294967295, {0, 1, 2}},
        {Salt{1} << 32, 1, 3, {(Salt{1} << 32) - 2, (Salt{1} << 32) + 1, (Salt{1} << 32) + 2}},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(salt_window(row.active, row.rotation, row.lifetime), row.window)
            << "active " << row.active << ", R " << row.rotation << ", L " << row.lifetime;
    }
}

TEST(SaltWindow, holds_what_is_live_and_what_is_prepared) {
    struct Row {
        Salt salt;
        bool live, held;
    };
    const SaltWindow window = salt_window(1000, 10, 30);
    const Row rows[] = {{0, false, false},   {997, false, false}, {998, true, true},
                        {999, true, true},   {1000, true, true},  {1001, true, true},
                        {1002, false, true}, {1003, false, false}};
    for (const Row& row : rows) {
        EXPECT_EQ(window.live(row.salt), row.live) << row.salt;
        EXPECT_EQ(window.held(row.salt), row.held) << row.salt;
    }
}

// Whether a packet sent by a peer whose clock differs by `skew` is on a live route here, at the
// worst moment there is: just before or just at a boundary of our own clock.
bool always_received(std::int64_t skew, std::uint32_t rotation, std::uint32_t lifetime) {
    const std::int64_t boundary = RotationSchedule(rotation, start).next_boundary_ns();
    for (const std::int64_t now : {boundary - 1, boundary, boundary + 1}) {
        const auto window = salt_window(salt_of(now, rotation), rotation, lifetime);
        if (!window.live(salt_of(now + skew, rotation))) {
            return false;
        }
    }
    return true;
}

TEST(SaltWindow, a_peer_is_received_while_ahead_by_R_and_behind_by_L_minus_R_and_no_more) {
    for (const auto& [rotation, lifetime] : {std::pair{1U, 2U},
                                             {1U, 3U},
                                             {2U, 6U},
                                             {7U, 21U},
                                             {9U, 18U},
                                             {10U, 20U},
                                             {10U, 30U},
                                             {30U, 150U},
                                             {3600U, 10800U}}) {
        SCOPED_TRACE(testing::Message() << "R " << rotation << ", L " << lifetime);
        const std::int64_t ahead = rotation * second;
        const std::int64_t behind = (lifetime - rotation) * second;
        EXPECT_TRUE(always_received(0, rotation, lifetime));
        EXPECT_TRUE(always_received(ahead, rotation, lifetime));
        EXPECT_FALSE(always_received(ahead + 1, rotation, lifetime));
        EXPECT_TRUE(always_received(-behind, rotation, lifetime));
        EXPECT_FALSE(always_received(-behind - 1, rotation, lifetime));
    }
}

TEST(SaltWindow, a_salt_lives_from_one_rotation_before_its_start_for_its_lifetime) {
    struct Row {
        std::uint32_t rotation, lifetime;
    };
    for (const Row& row : {Row{1, 2}, Row{2, 6}, Row{10, 30}, Row{60, 240}}) {
        SCOPED_TRACE(testing::Message() << "R " << row.rotation << ", L " << row.lifetime);
        const Salt salt = salt_of(start, row.rotation);
        const std::int64_t begins = salt_start(salt, row.rotation) * second;
        const auto window_at = [&](std::int64_t now) {
            return salt_window(salt_of(now, row.rotation), row.rotation, row.lifetime);
        };
        const std::int64_t interval = row.rotation * second;
        const std::int64_t ends = begins + row.lifetime * second;
        EXPECT_FALSE(window_at(begins - 2 * interval - 1).held(salt));
        EXPECT_TRUE(window_at(begins - 2 * interval).held(salt)) << "prepared";
        EXPECT_FALSE(window_at(begins - interval - 1).live(salt));
        EXPECT_TRUE(window_at(begins - interval).live(salt));
        EXPECT_TRUE(window_at(ends - 1).live(salt));
        EXPECT_FALSE(window_at(ends).held(salt));
    }
}

struct TickRow {
    std::int64_t unix_ns;
    bool changed;
    Salt active;
    std::int64_t boundary_seconds;
};

void follow(RotationSchedule& schedule, std::initializer_list<TickRow> rows) {
    for (const TickRow& row : rows) {
        SCOPED_TRACE(testing::Message() << "at " << row.unix_ns << " ns");
        EXPECT_EQ(schedule.update(row.unix_ns), row.changed);
        EXPECT_EQ(schedule.active(), row.active);
        EXPECT_EQ(schedule.next_boundary_ns(), row.boundary_seconds * second);
    }
}

TEST(RotationSchedule, changes_at_the_boundary_and_only_there) {
    RotationSchedule schedule(2, start);
    follow(schedule, {
                         {start, false, 850000000, 1700000002},
                         {start + 1, false, 850000000, 1700000002},
                         {start + 2 * second - 1, false, 850000000, 1700000002},
                         {start + 2 * second, true, 850000001, 1700000004},
                         {start + 2 * second + 1, false, 850000001, 1700000004},
                         {start + 4 * second + 5, true, 850000002, 1700000006},
                     });
}

TEST(RotationSchedule, from_ten_seconds_on_a_granule_inside_the_interval_changes_nothing) {
    RotationSchedule schedule(30, 1'700'000'010 * second);
    follow(schedule, {
                         {1'700'000'010 * second, false, 56666667, 1700000040},
                         {1'700'000'020 * second, false, 56666667, 1700000040},
                         {1'700'000'030 * second, false, 56666667, 1700000040},
                         {1'700'000'040 * second - 1, false, 56666667, 1700000040},
                         {1'700'000'040 * second, true, 56666668, 1700000070},
                     });
}

TEST(RotationSchedule, crosses_2038_and_2106_like_any_other_second) {
    constexpr std::int64_t y2038 = (std::int64_t{1} << 31) * second;
    constexpr std::int64_t y2106 = (std::int64_t{1} << 32) * second;
    RotationSchedule schedule(2, y2038 - 1);
    follow(schedule, {
                         {y2038 - 1, false, 1073741823, 2147483648},
                         {y2038, true, 1073741824, 2147483650},
                         {y2106 - 1, true, 2147483647, 4294967296},
                         {y2106, true, 2147483648, 4294967298},
                     });
}

TEST(RotationSchedule, follows_a_clock_that_is_stepped) {
    RotationSchedule schedule(10, start);
    follow(schedule, {
                         {start + 5 * second, false, 170000000, 1700000010},
                         {start + 3605 * second, true, 170000360, 1700003610}, // forward
                         {start + 5 * second, true, 170000000, 1700000010},    // and back
                         {start + 4 * second, false, 170000000, 1700000010},   // within one salt
                         {0, true, 0, 10},
                         {-15 * second, false, 0, 10}, // before 1970
                     });
}

TEST(RotationSchedule, next_boundary_is_where_the_salt_changes) {
    for (const std::uint32_t rotation : {1U, 3U, 7U, 9U, 10U, 60U, 3600U}) {
        SCOPED_TRACE(testing::Message() << "R " << rotation);
        RotationSchedule schedule(rotation, start + 123'456'789);
        const std::int64_t boundary = schedule.next_boundary_ns();
        EXPECT_FALSE(schedule.update(boundary - 1));
        EXPECT_TRUE(schedule.update(boundary));
        EXPECT_EQ(schedule.next_boundary_ns(), boundary + rotation * second);
    }
}

TEST(RotationSchedule, preparation_is_spread_and_done_by_four_fifths_of_the_interval) {
    struct Row {
        std::int64_t elapsed;
        std::uint32_t rotation;
        std::size_t streams, goal;
    };
    const Row rows[] = {
        {0, 10, 100, 0},
        {1, 10, 100, 1}, // the first one at once
        {80 * millisecond, 10, 100, 1},
        {4 * second, 10, 100, 50},
        {8 * second - 1, 10, 100, 100},
        {8 * second, 10, 100, 100},
        {10 * second - 1, 10, 100, 100},
        {1 * second, 10, 1, 1},
        {1 * second, 10, 0, 0},
        {400 * millisecond, 1, 1'000'000, 500'000},
        {800 * millisecond, 1, 1'000'000, 1'000'000},
        {40'000 * second, 100'000, 1'000'000'000, 500'000'000}, // beyond 64 bits if multiplied
    };
    for (const Row& row : rows) {
        const RotationSchedule schedule(row.rotation, start + row.elapsed);
        EXPECT_EQ(schedule.prepared_goal(row.streams), row.goal)
            << row.streams << " streams, " << row.elapsed << " ns into " << row.rotation << " s";
    }
}

TEST(RotationSchedule, preparation_begins_anew_with_each_salt) {
    RotationSchedule schedule(10, start + 9 * second);
    EXPECT_EQ(schedule.prepared_goal(100), 100U);
    EXPECT_TRUE(schedule.update(start + 10 * second));
    EXPECT_EQ(schedule.prepared_goal(100), 0U);
}

TEST(ClockWatch, tells_a_step_from_a_drift) {
    struct Row {
        const char* what;
        std::int64_t passes, steps; // nanoseconds between two observations
        std::optional<std::int64_t> seen;
    };
    const Row rows[] = {
        {"nothing happens", 0, 0, std::nullopt},
        {"time passes", second, 0, std::nullopt},
        {"a long time passes", 1'000'000 * second, 0, std::nullopt},
        {"an hour forward", second, 3600 * second, 3600 * second},
        {"an hour back", second, -3600 * second, -3600 * second},
        {"back by exactly what passed", second, -second, -second},
        {"at the threshold", second, 250 * millisecond, std::nullopt},
        {"above it", second, 250 * millisecond + 1, 250 * millisecond + 1},
        {"at the threshold, back", second, -250 * millisecond, std::nullopt},
        {"below it", second, -250 * millisecond - 1, -250 * millisecond - 1},
        {"two minutes of fastest slewing", 120 * second, 60 * millisecond, std::nullopt},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.what);
        test::FakeClock clock(start, 77 * second);
        ClockWatch watch;
        EXPECT_EQ(watch.observe(clock.unix_ns(), clock.monotonic_ns()), std::nullopt);
        clock.advance(row.passes);
        clock.step(row.steps);
        EXPECT_EQ(watch.observe(clock.unix_ns(), clock.monotonic_ns()), row.seen);
        EXPECT_EQ(watch.observe(clock.unix_ns(), clock.monotonic_ns()), std::nullopt)
            << "reported once";
    }
}

TEST(ClockWatch, slewing_for_a_day_is_no_step) {
    test::FakeClock clock(start);
    ClockWatch watch;
    for (int seconds = 0; seconds < 86400; ++seconds) {
        ASSERT_EQ(watch.observe(clock.unix_ns(), clock.monotonic_ns()), std::nullopt) << seconds;
        clock.advance(second);
        clock.step(500'000); // adjtime's 500 microseconds a second: 43 s in all
    }
}

TEST(SystemClock, runs_with_the_kernel) {
    const SystemClock clock;
    const std::int64_t before = std::int64_t{std::time(nullptr)} * second;
    const std::int64_t wall = clock.unix_ns();
    const std::int64_t monotonic = clock.monotonic_ns();
    EXPECT_GE(wall, before - second); // time() may lag by a tick
    EXPECT_LT(wall, before + 60 * second);
    EXPECT_GE(clock.monotonic_ns(), monotonic);
}

} // namespace
} // namespace mt6d
