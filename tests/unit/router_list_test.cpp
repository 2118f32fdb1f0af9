// SPDX-License-Identifier: BSD-3-Clause
// Default routers (RFC 4861, 6.3.4 to 6.3.6; RFC 4191): which one, and for how long.
#include "tests/unit/router_list_bench.hpp"

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
using test::Routers;
using test::says;
using test::second;
using test::with_lifetime;
using test::with_mtu;
using test::with_prefix;
using testing::ElementsAre;
using Preference = RouterPreference;

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

// RFC 4861, 7.2.5: it answers without the router flag.
TEST_F(Routers, one_that_answers_as_a_host_goes) {
    begin({.routers = {router(1)}});
    unreachable(1);
    hear(says(2));
    reachable(2);
    EXPECT_EQ(used(), 2);
    list->advance(now);
    list->on_host_answer(router(2), now);
    EXPECT_EQ(used(), 1);
    EXPECT_EQ(list->advance(now), (RouterChanges{.default_router = true, .routers = true}));
    list->on_host_answer(router(1), now);
    EXPECT_EQ(used(), 1) << "configured";
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
