// SPDX-License-Identifier: BSD-3-Clause
// When routers are solicited (RFC 4861, 6.3.7; RFC 7559; docs/protocol.md, section 7.5).
#include "control/router_solicitor.hpp"
#include "tests/unit/router_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace mt6d {
namespace {

using test::millisecond;
using test::second;
using testing::ElementsAre;
using testing::IsEmpty;

class Solicitor : public testing::Test {
protected:
    // Milliseconds at which there is one.
    std::vector<std::int64_t> run_until(std::int64_t end, bool router_known = false) {
        std::vector<std::int64_t> times;
        while (solicitor.next_deadline().value_or(INT64_MAX) <= end) {
            now = *solicitor.next_deadline();
            EXPECT_FALSE(solicitor.advance(now - 1, router_known));
            if (solicitor.advance(now, router_known)) {
                times.push_back(now / millisecond);
            }
        }
        now = end;
        return times;
    }
    std::uint32_t random = 0x80000000; // in the middle of each range
    RouterSolicitor solicitor{[this] { return random; }};
    std::int64_t now = 0;
};

TEST_F(Solicitor, waits_at_random_up_to_a_second_at_first) {
    for (const auto& [value, at] : {std::pair{0U, 0}, {0x80000000U, 500}, {UINT32_MAX, 999}}) {
        random = value;
        solicitor.start(0);
        EXPECT_EQ(*solicitor.next_deadline() / millisecond, at);
    }
}

TEST_F(Solicitor, goes_on_ever_slower_while_no_router_is_known) {
    solicitor.start(0);
    EXPECT_THAT(run_until(130 * second), ElementsAre(500, 4500, 12500, 28500, 60500, 124500));
    const auto later = run_until(100'000 * second);
    ASSERT_GT(later.size(), 3U);
    EXPECT_EQ(later.back() - later.at(later.size() - 2), 3'600'000) << "once an hour in the end";
}

TEST_F(Solicitor, varies_its_intervals_by_a_tenth) {
    solicitor.start(0);
    random = 0;
    EXPECT_THAT(run_until(20 * second), ElementsAre(500, 4100, 11300));
    random = UINT32_MAX;
    solicitor.start(now = 0);
    EXPECT_THAT(run_until(20 * second), ElementsAre(999, 5399, 14199));
}

TEST_F(Solicitor, ends_after_three_where_a_router_is_configured) {
    solicitor.start(0);
    EXPECT_THAT(run_until(1000 * second, true), ElementsAre(500, 4500, 12500));
    EXPECT_FALSE(solicitor.running());
}

TEST_F(Solicitor, ends_when_a_router_was_heard) {
    solicitor.start(0);
    run_until(5 * second);
    solicitor.heard();
    EXPECT_EQ(solicitor.next_deadline(), std::nullopt);
}

TEST_F(Solicitor, sends_one_even_if_a_router_was_heard_before) {
    solicitor.start(0);
    solicitor.heard();
    EXPECT_THAT(run_until(1000 * second), ElementsAre(500));
}

TEST_F(Solicitor, begins_anew_with_another_link) {
    solicitor.start(0);
    run_until(20 * second);
    solicitor.heard();
    solicitor.start(now);
    EXPECT_THAT(run_until(25 * second), ElementsAre(20'500, 24'500));
}

TEST_F(Solicitor, asks_for_hosts_at_once_and_once_a_second) {
    solicitor.ask_for_host(0);
    solicitor.ask_for_host(0);
    EXPECT_THAT(run_until(10 * millisecond), ElementsAre(0));
    for (int i = 0; i < 1000; ++i) {
        solicitor.ask_for_host(now);
    }
    EXPECT_THAT(run_until(5 * second), ElementsAre(1000));
    solicitor.ask_for_host(now);
    EXPECT_THAT(run_until(6 * second), ElementsAre(5000));
    EXPECT_THAT(run_until(60 * second), IsEmpty());
}

} // namespace
} // namespace mt6d
