// SPDX-License-Identifier: BSD-3-Clause
// Default routers (RFC 4861, 6.3.4 to 6.3.6; RFC 4191): which one, for how long, and what a
// stranger can do to them.
#include "control/router_list.hpp"
#include "tests/unit/router_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace mt6d {
namespace {

using test::millisecond;
using test::prefix;
using test::router;
using test::says;
using test::second;
using test::with_lifetime;
using test::with_mtu;
using test::with_prefix;
using testing::ElementsAre;
using Preference = RouterPreference;

class Routers : public testing::Test {
protected:
    void begin(RouterListSettings settings = {}) {
        list.emplace(std::move(settings), [] { return 0x80000000U; });
        list->advance(now);
    }
    void hear(const RouterInformation& information) { list->on_advertisement(information, now); }
    void reachable(std::uint8_t number) { list->set_reachable(router(number), true, now); }
    void unreachable(std::uint8_t number) { list->set_reachable(router(number), false, now); }
    // The last byte of the one in use; 0: none.
    [[nodiscard]] int used() const {
        return list->default_router() ? list->default_router()->bytes[15] : 0;
    }
    [[nodiscard]] std::vector<int> known() const {
        std::vector<int> all;
        for (const Router& known : list->routers()) {
            all.push_back(known.address.bytes[15]);
        }
        return all;
    }

    static constexpr std::uint8_t numbers[] = {1, 2, 3};
    std::optional<RouterList> list;
    std::int64_t now = 0;
};

// --- lifetimes ---------------------------------------------------------------------------------

TEST_F(Routers, a_learned_one_is_used_until_its_lifetime_ends) {
    begin();
    EXPECT_EQ(used(), 0);
    hear(says(1));
    EXPECT_EQ(used(), 1);
    EXPECT_EQ(list->advance(now), (RouterChanges{.default_router = true, .routers = true}));
    now = 1800 * second - 1;
    EXPECT_FALSE(list->advance(now).default_router);
    now = 1800 * second;
    const RouterChanges changes = list->advance(now);
    EXPECT_TRUE(changes.default_router);
    EXPECT_TRUE(changes.routers);
    EXPECT_EQ(used(), 0);
}

TEST_F(Routers, each_advertisement_begins_the_lifetime_anew) {
    begin();
    hear(says(1));
    now = 1000 * second;
    hear(says(1));
    now = 2799 * second;
    list->advance(now);
    EXPECT_EQ(used(), 1);
}

TEST_F(Routers, lifetimes_above_9000_s_are_taken_as_they_are) {
    begin();
    hear(with_lifetime(says(1), 65535));
    now = 65535 * second - 1;
    list->advance(now);
    EXPECT_EQ(used(), 1);
    now = 65535 * second;
    list->advance(now);
    EXPECT_EQ(used(), 0);
}

TEST_F(Routers, a_lifetime_of_zero_removes_a_learned_one_at_once) {
    begin();
    hear(says(1));
    hear(with_lifetime(says(1), 0));
    EXPECT_EQ(used(), 0);
    hear(with_lifetime(says(2), 0));
    EXPECT_TRUE(known().empty());
}

TEST_F(Routers, a_configured_one_lasts_whatever_is_advertised) {
    begin({.routers = {router(1)}});
    EXPECT_EQ(used(), 1);
    hear(with_lifetime(says(1), 10));
    hear(with_lifetime(says(1), 0));
    now = 100'000 * second;
    list->advance(now);
    EXPECT_EQ(used(), 1);
}

TEST_F(Routers, the_mac_of_an_advertisement_is_kept) {
    begin();
    RouterInformation information = says(1);
    information.has_link_layer = true;
    information.link_layer = MacAddress{{2, 0, 0, 0, 0, 7}};
    hear(information);
    hear(says(1)); // says nothing of it
    EXPECT_EQ(list->find(router(1))->link_layer, information.link_layer);
}

// --- choice ------------------------------------------------------------------------------------

struct Candidate {
    std::uint8_t number;
    bool configured;
    Preference preference;
    std::optional<bool> reachable; // nothing: not known yet
};
struct Choice {
    const char* why;
    std::vector<Candidate> candidates;
    int used;
};

const std::vector<Choice> choices{
    {"the first of equals",
     {{1, false, Preference::medium, true}, {2, false, Preference::medium, true}},
     1},
    {"the more preferred",
     {{1, false, Preference::medium, true}, {2, false, Preference::high, true}},
     2},
    {"the less disliked",
     {{1, false, Preference::low, true}, {2, false, Preference::medium, true}},
     2},
    {"the reachable one, however low",
     {{1, false, Preference::high, false}, {2, false, Preference::low, true}},
     2},
    {"one that answers before one that is not known yet",
     {{1, false, Preference::high, {}}, {2, false, Preference::low, true}},
     2},
    {"one that is not known yet before one that does not answer",
     {{1, false, Preference::high, false}, {2, false, Preference::low, {}}},
     2},
    {"a configured one before a more preferred one",
     {{1, true, Preference::medium, true}, {2, false, Preference::high, true}},
     1},
    {"a learned one that answers before a configured one that does not",
     {{1, true, Preference::medium, false}, {2, false, Preference::low, true}},
     2},
    {"the first configured one",
     {{1, true, Preference::medium, true}, {2, true, Preference::medium, true}},
     1},
    {"the second where the first does not answer",
     {{1, true, Preference::medium, false}, {2, true, Preference::medium, true}},
     2},
    {"the only one, though it does not answer", {{1, false, Preference::medium, false}}, 1},
};

TEST_F(Routers, the_best_is_used) {
    for (const Choice& choice : choices) {
        RouterListSettings settings;
        for (const Candidate& candidate : choice.candidates) {
            if (candidate.configured) {
                settings.routers.push_back(router(candidate.number));
            }
        }
        begin(settings);
        for (const Candidate& candidate : choice.candidates) {
            if (!candidate.configured) {
                hear(says(candidate.number, candidate.preference));
            }
        }
        for (const Candidate& candidate : choice.candidates) {
            if (candidate.reachable) {
                list->set_reachable(router(candidate.number), *candidate.reachable, now);
            }
        }
        EXPECT_EQ(used(), choice.used) << choice.why;
    }
}

TEST_F(Routers, an_equal_one_changes_nothing) {
    begin();
    hear(says(1));
    hear(says(2));
    reachable(1);
    reachable(2);
    unreachable(1);
    EXPECT_EQ(used(), 2);
    list->advance(now);
    reachable(1); // back, and no better than the one in use
    EXPECT_EQ(used(), 2);
    EXPECT_EQ(list->advance(now), RouterChanges{});
}

TEST_F(Routers, of_two_one_dies_and_returns) {
    begin({.routers = {router(1)}});
    reachable(1);
    hear(says(2));
    reachable(2);
    EXPECT_EQ(used(), 1);
    unreachable(1);
    EXPECT_EQ(used(), 2);
    EXPECT_TRUE(list->advance(now).default_router);
    reachable(1);
    EXPECT_EQ(used(), 1);
    EXPECT_TRUE(list->advance(now).default_router);
}

TEST_F(Routers, where_none_answers_each_has_its_turn) {
    begin();
    for (const std::uint8_t number : numbers) {
        hear(says(number));
        reachable(number);
    }
    for (const std::uint8_t number : numbers) {
        unreachable(number);
    }
    std::vector<int> turns{used()};
    for (int i = 0; i < 5; ++i) {
        now += RouterList::turn_ns;
        EXPECT_LE(*list->next_deadline(), now);
        EXPECT_TRUE(list->advance(now).default_router);
        turns.push_back(used());
    }
    EXPECT_THAT(turns, ElementsAre(1, 2, 3, 1, 2, 3));
    reachable(2);
    EXPECT_EQ(used(), 2);
    now += 100 * second;
    list->advance(now);
    EXPECT_EQ(used(), 2);
}

TEST_F(Routers, a_turn_is_not_cut_short_by_other_news) {
    begin();
    for (const std::uint8_t number : numbers) {
        hear(says(number));
        unreachable(number);
    }
    list->advance(now);
    const int turn = used();
    now += millisecond;
    hear(says(1));
    list->advance(now);
    EXPECT_EQ(used(), turn);
}

TEST_F(Routers, one_whose_turn_it_is_may_go) {
    begin();
    for (const std::uint8_t number : numbers) {
        hear(says(number));
        unreachable(number);
    }
    const auto turn = static_cast<std::uint8_t>(used());
    hear(with_lifetime(says(turn), 0));
    EXPECT_NE(used(), turn);
    EXPECT_NE(list->find(*list->default_router()), nullptr);
}

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

TEST_F(Routers, prefixes_of_one_that_is_no_default_router_count) {
    begin();
    hear(with_prefix(with_lifetime(says(1), 0), 1, 100));
    EXPECT_EQ(used(), 0);
    EXPECT_TRUE(list->on_link().contain(prefix(1).address));
}

TEST_F(Routers, the_mtu_is_the_least_that_routers_say_within_bounds) {
    begin({.port_mtu = 1500});
    EXPECT_EQ(list->mtu(), 1500U);
    for (const std::uint32_t impossible : {0U, 1279U, 1501U, 0xffffffffU}) {
        hear(with_mtu(says(1), impossible));
        EXPECT_EQ(list->mtu(), 1500U) << impossible;
    }
    list->advance(now);
    hear(with_mtu(says(1), 1480));
    EXPECT_EQ(list->mtu(), 1480U);
    EXPECT_TRUE(list->advance(now).mtu);
    hear(with_mtu(says(2), 1280));
    EXPECT_EQ(list->mtu(), 1280U);
    hear(says(2)); // says nothing: as before
    EXPECT_EQ(list->mtu(), 1280U);
    hear(with_lifetime(says(2), 0));
    EXPECT_EQ(list->mtu(), 1480U);
    now = 1800 * second;
    list->advance(now);
    EXPECT_EQ(list->mtu(), 1500U);
}

TEST_F(Routers, timers_are_those_advertised_last_within_bounds) {
    begin();
    EXPECT_EQ(list->reachable_ms(), 0U);
    RouterInformation information = says(1);
    information.reachable_ms = 20'000;
    information.retransmit_ms = 2000;
    hear(information);
    EXPECT_TRUE(list->advance(now).timers);
    hear(says(1)); // says nothing: as before
    EXPECT_FALSE(list->advance(now).timers);
    EXPECT_EQ(list->reachable_ms(), 20'000U);
    EXPECT_EQ(list->retransmit_ms(), 2000U);
    information.reachable_ms = information.retransmit_ms = 1;
    hear(information);
    EXPECT_EQ(list->reachable_ms(), 1000U);
    EXPECT_EQ(list->retransmit_ms(), 100U);
    information.reachable_ms = information.retransmit_ms = UINT32_MAX;
    hear(information);
    EXPECT_EQ(list->reachable_ms(), 3'600'000U);
    EXPECT_EQ(list->retransmit_ms(), 10'000U);
}

// --- solicitation, and advertisements that are ignored -------------------------------------------

TEST_F(Routers, are_solicited_while_none_is_known_and_again_when_the_last_is_gone) {
    begin();
    list->link_up(now);
    EXPECT_FALSE(list->advance(now).solicit);
    now = 500 * millisecond;
    EXPECT_EQ(list->next_deadline(), now);
    EXPECT_TRUE(list->advance(now).solicit);
    hear(says(1));
    list->advance(now);
    EXPECT_EQ(list->next_deadline(), now + 1800 * second) << "no solicitation";
    now += 1800 * second;
    EXPECT_FALSE(list->advance(now).solicit);
    now += 500 * millisecond;
    EXPECT_TRUE(list->advance(now).solicit);
}

TEST_F(Routers, one_that_says_it_is_none_does_not_end_solicitation) {
    begin();
    list->link_up(now);
    now = second;
    EXPECT_TRUE(list->advance(now).solicit);
    hear(with_lifetime(says(1), 0));
    EXPECT_LE(*list->next_deadline(), now + 5 * second);
}

TEST_F(Routers, what_is_advertised_changes_nothing_where_it_is_to_be_ignored) {
    begin({.routers = {router(1)}, .on_link = {prefix(9)}, .learn = false});
    list->link_up(now);
    RouterInformation information = with_mtu(with_prefix(says(2), 1, 100), 1280);
    information.reachable_ms = 5000;
    hear(information);
    EXPECT_THAT(known(), ElementsAre(1));
    EXPECT_FALSE(list->on_link().contain(prefix(1).address));
    EXPECT_EQ(list->mtu(), 1500U);
    EXPECT_EQ(list->reachable_ms(), 0U);
    EXPECT_EQ(list->next_deadline(), std::nullopt);
    EXPECT_EQ(list->advance(now), RouterChanges{});
    list->on_host_solicitation(now);
    EXPECT_TRUE(list->advance(now).solicit) << "hosts learn all the same";
}

TEST_F(Routers, news_is_due_at_once) {
    begin({.routers = {router(1)}, .learn = false});
    now = 5 * second;
    hear(says(2));
    EXPECT_EQ(list->next_deadline(), std::nullopt);
    begin({.routers = {router(1)}});
    hear(says(2));
    EXPECT_EQ(list->next_deadline(), now);
}

} // namespace
} // namespace mt6d
