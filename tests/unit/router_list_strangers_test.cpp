// SPDX-License-Identifier: BSD-3-Clause
// What routers say of the link, and what a stranger who says it too can do (RFC 4861, 6.3.4).
#include "tests/unit/router_list_bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mt6d {
namespace {

using test::prefix;
using test::router;
using test::Routers;
using test::says;
using test::second;
using test::with_lifetime;
using test::with_mtu;
using test::with_prefix;
using Preference = RouterPreference;

// --- strangers ---------------------------------------------------------------------------------

TEST_F(Routers, a_flood_costs_no_router_that_answers_none_configured_and_not_the_one_in_use) {
    begin({.routers = {router(1)}});
    hear(says(2, Preference::low));
    reachable(2); // in use
    for (std::uint8_t i = 10; i < 200; ++i) {
        hear(says(i, Preference::high));
    }
    EXPECT_EQ(known().size(), 1 + RouterList::most_learned);
    EXPECT_EQ(used(), 2) << "strangers that never answered come last";
    EXPECT_NE(list->find(router(1)), nullptr);
    // They fail to answer, and the next newcomers take their places.
    for (std::uint8_t i = 10; i < 200; ++i) {
        unreachable(i);
    }
    for (std::uint8_t i = 200; i < 250; ++i) {
        hear(says(i));
    }
    EXPECT_EQ(known().size(), 1 + RouterList::most_learned);
    EXPECT_NE(list->find(router(1)), nullptr);
    EXPECT_NE(list->find(router(2)), nullptr);
    EXPECT_EQ(used(), 2);
}

TEST_F(Routers, a_newcomer_has_the_time_to_answer_and_makes_room_then) {
    begin();
    for (std::uint8_t i = 1; i <= RouterList::most_learned; ++i) {
        hear(says(i)); // the first one is in use
    }
    now += RouterList::answer_ns - 1;
    hear(says(100));
    EXPECT_EQ(list->find(router(100)), nullptr);
    now += 1;
    hear(says(100));
    EXPECT_EQ(list->find(router(2)), nullptr) << "the oldest";
    EXPECT_EQ(known().size(), RouterList::most_learned);
    reachable(100);
    EXPECT_EQ(used(), 100);
    now += 10 * RouterList::answer_ns;
    for (std::uint8_t i = 101; i < 200; ++i) {
        hear(says(i, Preference::high));
    }
    EXPECT_EQ(used(), 100);
}

TEST_F(Routers, the_least_preferred_and_newest_silent_one_makes_room) {
    begin();
    for (std::uint8_t i = 1; i <= RouterList::most_learned; ++i) {
        hear(says(i, i == 5 || i == 6 ? Preference::low : Preference::medium));
        unreachable(i);
    }
    hear(says(100));
    EXPECT_EQ(list->find(router(6)), nullptr);
    EXPECT_NE(list->find(router(5)), nullptr);
    EXPECT_NE(list->find(router(100)), nullptr);
}

TEST_F(Routers, the_one_in_use_makes_no_room) {
    begin();
    for (std::uint8_t i = 1; i <= RouterList::most_learned; ++i) {
        hear(says(i));
        unreachable(i);
    }
    const auto turn = static_cast<std::uint8_t>(used());
    hear(says(turn, Preference::low));
    hear(says(100));
    EXPECT_NE(list->find(router(turn)), nullptr);
    EXPECT_EQ(known().size(), RouterList::most_learned);
}

// --- prefixes, MTU, timers ---------------------------------------------------------------------

TEST_F(Routers, prefixes_are_learned_and_end) {
    begin({.on_link = {prefix(9)}});
    hear(says(1));
    reachable(1);
    list->advance(now);
    hear(with_prefix(with_prefix(says(1), 1, 100), 2, 200));
    EXPECT_TRUE(list->advance(now).prefixes);
    EXPECT_TRUE(list->on_link().contain(prefix(1).address));
    EXPECT_TRUE(list->on_link().contain(prefix(9).address));
    hear(with_prefix(says(1), 1, 100));
    EXPECT_FALSE(list->advance(now).prefixes);
    now = 100 * second;
    EXPECT_LE(*list->next_deadline(), now);
    EXPECT_TRUE(list->advance(now).prefixes);
    EXPECT_FALSE(list->on_link().contain(prefix(1).address));
}

TEST_F(Routers, prefixes_wait_for_the_first_answer_of_who_says_them) {
    begin();
    hear(with_prefix(with_prefix(says(1), 1, 100), 2, 5));
    EXPECT_FALSE(list->advance(now).prefixes);
    EXPECT_FALSE(list->on_link().contain(prefix(1).address));
    now = 10 * second;
    reachable(1);
    EXPECT_TRUE(list->advance(now).prefixes);
    EXPECT_TRUE(list->on_link().contain(prefix(1).address));
    EXPECT_FALSE(list->on_link().contain(prefix(2).address)) << "no longer valid";
    now = 100 * second; // from when it was said
    list->advance(now);
    EXPECT_FALSE(list->on_link().contain(prefix(1).address));
}

TEST_F(Routers, a_stranger_neither_shortens_nor_ends_what_a_router_said) {
    begin({.routers = {router(9)}});
    hear(with_prefix(says(9), 1, 7200));
    EXPECT_TRUE(list->on_link().contain(prefix(1).address)) << "a configured one is believed";
    hear(with_prefix(says(1), 1, 0));
    hear(with_prefix(with_lifetime(says(2), 0), 1, 1));
    unreachable(1);
    now = 100 * second;
    list->advance(now);
    EXPECT_TRUE(list->on_link().contain(prefix(1).address));
}

TEST_F(Routers, prefixes_of_one_that_is_no_default_router_count) {
    begin({.routers = {router(9)}});
    hear(with_prefix(with_lifetime(says(1), 0), 1, 7200));
    reachable(1);
    EXPECT_EQ(used(), 9) << "though that one is not known to answer";
    EXPECT_TRUE(list->on_link().contain(prefix(1).address));
    now = RouterList::no_default_ns - 1;
    list->advance(now);
    EXPECT_THAT(known(), testing::ElementsAre(9, 1));
    now += 1;
    list->advance(now);
    EXPECT_THAT(known(), testing::ElementsAre(9));
    EXPECT_TRUE(list->on_link().contain(prefix(1).address)) << "each in its own time";
}

TEST_F(Routers, the_mtu_is_the_least_that_routers_say_within_bounds) {
    begin({.port_mtu = 1500});
    EXPECT_EQ(list->mtu(), 1500U);
    hear(with_mtu(says(1), 1280));
    EXPECT_EQ(list->mtu(), 1500U) << "nobody has answered";
    hear(with_lifetime(says(1), 0));
    hear(says(1));
    reachable(1);
    for (const std::uint32_t impossible : {0U, 1279U, 1501U, 0xffffffffU}) {
        hear(with_mtu(says(1), impossible));
        EXPECT_EQ(list->mtu(), 1500U) << impossible;
    }
    hear(with_mtu(says(1), 1480));
    EXPECT_EQ(list->mtu(), 1480U);
    hear(with_mtu(says(2), 1280));
    EXPECT_EQ(list->mtu(), 1480U);
    reachable(2);
    EXPECT_EQ(list->mtu(), 1280U);
    hear(says(2)); // says nothing: as before
    EXPECT_EQ(list->mtu(), 1280U);
    hear(with_lifetime(says(2), 0));
    EXPECT_EQ(list->mtu(), 1480U);
    now = 1800 * second;
    list->advance(now);
    EXPECT_EQ(list->mtu(), 1500U);
}

RouterInformation with_timers(RouterInformation information, std::uint32_t reachable_ms,
                              std::uint32_t retransmit_ms) {
    information.reachable_ms = reachable_ms;
    information.retransmit_ms = retransmit_ms;
    return information;
}

TEST_F(Routers, timers_are_those_advertised_last_within_bounds) {
    begin();
    hear(with_timers(says(1), 20'000, 2000));
    EXPECT_EQ(list->reachable_ms(), 0U) << "it has not answered";
    EXPECT_FALSE(list->advance(now).timers);
    reachable(1);
    EXPECT_TRUE(list->advance(now).timers);
    hear(says(1)); // says nothing: as before
    EXPECT_FALSE(list->advance(now).timers);
    EXPECT_EQ(list->reachable_ms(), 20'000U);
    EXPECT_EQ(list->retransmit_ms(), 2000U);
    hear(with_timers(says(1), 1, 1));
    EXPECT_EQ(list->reachable_ms(), 1000U);
    EXPECT_EQ(list->retransmit_ms(), 100U);
    hear(with_timers(says(1), UINT32_MAX, UINT32_MAX));
    EXPECT_EQ(list->reachable_ms(), 60'000U);
    EXPECT_EQ(list->retransmit_ms(), 3000U);
}

TEST_F(Routers, timers_are_those_of_the_one_in_use) {
    begin();
    hear(says(1));
    reachable(1);
    hear(with_timers(says(2), 20'000, 2000));
    reachable(2);
    hear(with_timers(with_lifetime(says(3), 0), 30'000, 2000));
    list->advance(now);
    EXPECT_EQ(list->reachable_ms(), 0U);
    EXPECT_EQ(list->retransmit_ms(), 0U);
    unreachable(1);
    EXPECT_TRUE(list->advance(now).timers);
    EXPECT_EQ(list->reachable_ms(), 20'000U);
    hear(with_lifetime(says(2), 0));
    EXPECT_TRUE(list->advance(now).timers);
    EXPECT_EQ(list->reachable_ms(), 0U) << "it is gone, and so are they";
    EXPECT_EQ(list->retransmit_ms(), 0U);
}

} // namespace
} // namespace mt6d
