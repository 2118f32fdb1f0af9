// SPDX-License-Identifier: BSD-3-Clause
// A neighbour's timers (RFC 4861, sections 7.3 and 10), references, ids and numbers.
#include "tests/unit/neighbor_bench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mt6d {
namespace {

using test::address_of;
using test::mac_a;
using test::mac_b;
using test::NeighborBench;
using test::second;
using test::Start;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t millisecond = second / 1000;

TEST(NeighborTimers, a_silent_neighbour_fails_after_three_seconds_and_is_retried_ever_slower) {
    NeighborBench bench;
    EXPECT_EQ(bench.resolve(), "waiting, multicast");
    EXPECT_THAT(bench.run_until(35 * second),
                ElementsAre("1: multicast", "2: multicast", "3: failed, multicast", "4: multicast",
                            "6: multicast", "10: multicast", "18: multicast", "26: multicast",
                            "34: multicast"));
}

TEST(NeighborTimers, a_silent_neighbour_with_a_lent_mac_stays_usable) {
    NeighborBench bench;
    EXPECT_EQ(bench.resolve(mac_a), "unconfirmed A, multicast");
    EXPECT_THAT(bench.run_until(27 * second),
                ElementsAre("1: multicast", "2: multicast", "3: multicast", "4: multicast",
                            "6: multicast", "10: multicast", "18: multicast", "26: multicast"));
    EXPECT_EQ(bench.neighbor(), "incomplete A");
    EXPECT_EQ(bench.advertise({bench.target, mac_b, false, true, true}), "usable B");
}

TEST(NeighborTimers, a_silent_neighbour_that_packets_want_is_solicited_every_second) {
    for (const Start start : {Start::failed, Start::lent}) {
        SCOPED_TRACE(test::name_of(start));
        NeighborBench bench;
        bench.begin(start);
        bench.run_until(20 * second); // the last retry was at 18, the next would be at 26
        EXPECT_EQ(bench.use(), "");
        EXPECT_EQ(bench.cache.next_deadline(), 20 * second);
        std::vector<std::string> lines;
        for (int i = 0; i < 5; ++i) {
            const auto more = bench.run_until(bench.now + second);
            lines.insert(lines.end(), more.begin(), more.end());
            EXPECT_EQ(bench.use(), "");
        }
        EXPECT_THAT(lines, ElementsAre("20: multicast", "21: multicast", "22: multicast",
                                       "23: multicast", "24: multicast", "25: multicast"));
        EXPECT_THAT(bench.run_until(50 * second),
                    ElementsAre("26: multicast", "27: multicast", "29: multicast", "33: multicast",
                                "41: multicast", "49: multicast"))
            << "and more seldom again when the packets end";
    }
}

TEST(NeighborTimers, use_never_makes_two_solicitations_in_one_second) {
    NeighborBench bench;
    bench.begin(Start::failed);
    bench.run_until(18 * second); // solicited just now, next at 26
    for (int i = 0; i < 9; ++i) {
        bench.run_until(bench.now + 100 * millisecond);
        bench.use();
        EXPECT_EQ(bench.cache.next_deadline(), 19 * second);
    }
}

TEST(NeighborTimers, a_neighbour_that_never_confirms_is_probed_and_fails) {
    NeighborBench bench;
    bench.begin(Start::reachable);
    EXPECT_THAT(bench.run_until(100 * second), ElementsAre("30: unconfirmed A"));
    EXPECT_EQ(bench.neighbor(), "stale A") << "for as long as nobody uses it";
    EXPECT_EQ(bench.use(), "usable A");
    EXPECT_EQ(bench.neighbor(), "delay A");
    EXPECT_THAT(bench.run_until(112 * second),
                ElementsAre("105: unicast A", "106: unicast A", "107: unicast A",
                            "108: failed, multicast", "109: multicast", "111: multicast"));
    EXPECT_EQ(bench.neighbor(), "failed -");
    EXPECT_EQ(bench.advertise({bench.target, mac_b, false, true, true}), "usable B")
        << "back, with another MAC";
}

TEST(NeighborTimers, a_neighbour_that_fails_again_is_retried_as_the_first_time) {
    NeighborBench bench;
    bench.begin(Start::failed);
    bench.run_until(20 * second); // every 8 s by now
    bench.advertise({bench.target, mac_a, false, false, true});
    bench.use();
    EXPECT_THAT(bench.run_until(32 * second),
                ElementsAre("25: unicast A", "26: unicast A", "27: unicast A",
                            "28: failed, multicast", "29: multicast", "31: multicast"));
}

TEST(NeighborTimers, an_answer_to_a_probe_confirms_for_another_reachable_time) {
    NeighborBench bench;
    bench.begin(Start::probe);
    const std::int64_t answered = bench.now;
    EXPECT_EQ(bench.advertise({bench.target, mac_a, false, true, true}), "") << "usable all along";
    EXPECT_EQ(bench.neighbor(), "reachable A");
    EXPECT_EQ(bench.cache.next_deadline(), answered + 30 * second);
}

TEST(NeighborTimers, each_confirmation_begins_the_reachable_time_anew) {
    NeighborBench bench;
    bench.begin(Start::reachable);
    bench.run_until(29 * second);
    bench.advertise({bench.target, mac_a, false, true, true});
    EXPECT_THAT(bench.run_until(59 * second), ElementsAre("59: unconfirmed A"));
}

TEST(NeighborTimers, the_reachable_time_lies_between_half_and_one_and_a_half_of_30_seconds) {
    struct Row {
        std::uint32_t random;
        std::int64_t from, to;
    };
    for (const Row& row :
         {Row{0, 15 * second, 15 * second}, Row{0x40000000, 22'500'000'000, 22'500'000'000},
          Row{0x80000000, 30 * second, 30 * second},
          Row{0xffffffff, 45 * second - millisecond, 45 * second}}) {
        NeighborBench bench;
        bench.random = row.random;
        bench.begin(Start::reachable);
        EXPECT_GE(bench.cache.next_deadline(), row.from) << row.random;
        EXPECT_LE(bench.cache.next_deadline(), row.to) << row.random;
    }
}

TEST(NeighborTimers, one_nanosecond_before_a_deadline_nothing_happens) {
    for (const Start start :
         {Start::incomplete, Start::lent, Start::reachable, Start::delay, Start::probe}) {
        SCOPED_TRACE(test::name_of(start));
        NeighborBench bench;
        bench.begin(start);
        const std::string before = bench.neighbor();
        const auto deadline = bench.cache.next_deadline();
        NeighborActions actions;
        bench.cache.advance(deadline.value() - 1, actions);
        EXPECT_THAT(actions, IsEmpty());
        EXPECT_EQ(bench.neighbor(), before);
        EXPECT_EQ(bench.cache.next_deadline(), deadline);
        bench.cache.advance(deadline.value(), actions);
        EXPECT_EQ(actions.size(), 1U);
    }
}

TEST(NeighborTimers, a_late_call_does_what_is_due_once_and_goes_on_from_there) {
    NeighborBench bench;
    bench.resolve();
    NeighborActions actions;
    bench.cache.advance(10 * second, actions);
    EXPECT_EQ(actions, NeighborActions{SolicitMulticast{bench.target}});
    EXPECT_EQ(bench.cache.next_deadline(), 11 * second);
}

TEST(NeighborTimers, a_solicitation_that_was_not_sent_does_not_count_and_is_due_at_once) {
    struct Row {
        Start start;
        std::int64_t until;
        std::vector<std::string> attempts;
    };
    const Row rows[] = {
        {Start::incomplete, 3, {"1: multicast", "2: multicast", "3: failed, multicast"}},
        {Start::probe, 8, {"6: unicast A", "7: unicast A", "8: failed, multicast"}},
        {Start::failed, 10, {"4: multicast", "6: multicast", "10: multicast"}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(test::name_of(row.start));
        NeighborBench bench;
        bench.begin(row.start);
        NeighborActions actions;
        for (int i = 0; i < 5; ++i) {
            bench.cache.not_sent(bench.target, bench.now);
            EXPECT_EQ(bench.cache.next_deadline(), bench.now);
            actions.clear();
            bench.cache.advance(bench.now, actions);
            EXPECT_EQ(actions.size(), 1U) << "and nothing that the dataplane need know";
        }
        EXPECT_EQ(bench.run_until(row.until * second), row.attempts);
    }
}

TEST(NeighborTimers, a_router_that_advertised_its_mac_has_to_answer) {
    NeighborBench bench;
    EXPECT_EQ(bench.resolve(), "waiting, multicast");
    EXPECT_EQ(bench.router_advertisement(mac_a), "usable A");
    bench.now = second / 2;
    EXPECT_EQ(bench.router_advertisement(mac_b), "usable B") << "which gives it no more time";
    EXPECT_THAT(bench.run_until(4 * second), ElementsAre("1: unicast B", "2: unicast B",
                                                         "3: unicast B", "4: failed, multicast"));
}

TEST(NeighborTimers, a_link_that_comes_back_has_all_probed_so_many_in_each_call) {
    constexpr auto a_call = static_cast<std::uint32_t>(NeighborCache::probed_a_call);
    NeighborBench bench(3 * a_call);
    NeighborActions actions;
    for (std::uint32_t i = 0; i < 3 * a_call; ++i) {
        bench.cache.resolve(address_of(i), 0, {}, actions);
        if (i != 0) {
            bench.cache.on_advertisement({address_of(i), mac_a, false, true, true}, 0, actions);
        }
    }
    bench.cache.probe_all(second / 2);
    for (const std::uint32_t expected : {a_call, a_call, a_call - 1}) { // one has no MAC
        EXPECT_EQ(bench.cache.next_deadline(), second / 2);
        actions.clear();
        bench.cache.advance(second / 2, actions);
        EXPECT_EQ(std::count_if(actions.begin(), actions.end(),
                                [](const NeighborAction& action) {
                                    return std::holds_alternative<SolicitUnicast>(action);
                                }),
                  expected);
    }
    EXPECT_EQ(bench.cache.next_deadline(), second) << "the one that is being resolved";
}

TEST(NeighborTimers, what_is_due_beyond_the_limit_is_done_later_the_longest_due_first) {
    NeighborBench bench;
    NeighborActions actions;
    for (std::uint32_t i = 0; i < 5; ++i) {
        bench.cache.resolve(address_of(i), i, {}, actions);
    }
    std::vector<NeighborActions> rounds(3);
    for (NeighborActions& round : rounds) {
        bench.cache.advance(second + 10, round, 2);
    }
    EXPECT_EQ(rounds[0],
              (NeighborActions{SolicitMulticast{address_of(0)}, SolicitMulticast{address_of(1)}}));
    EXPECT_EQ(rounds[1],
              (NeighborActions{SolicitMulticast{address_of(2)}, SolicitMulticast{address_of(3)}}));
    EXPECT_EQ(rounds[2], NeighborActions{SolicitMulticast{address_of(4)}});
}

TEST(NeighborReferences, the_last_release_ends_the_entry_and_its_timer) {
    for (const Start start : test::all_starts) {
        SCOPED_TRACE(test::name_of(start));
        NeighborBench bench;
        bench.begin(start);
        bench.resolve(); // permanent: one reference, else two
        const bool permanent = start == Start::permanent;
        if (!permanent) {
            EXPECT_EQ(bench.cache.release(bench.id), std::nullopt) << "one route still needs it";
        }
        const auto released = bench.cache.release(bench.id);
        EXPECT_EQ(released, permanent ? std::nullopt : std::optional(bench.id));
        EXPECT_EQ(bench.neighbor(), permanent ? "permanent A" : "none");
        EXPECT_EQ(bench.cache.next_deadline(), std::nullopt);
    }
}

TEST(NeighborReferences, an_id_is_given_out_again_after_recycling_and_not_before) {
    NeighborBench bench(2);
    NeighborActions actions;
    NeighborCache& cache = bench.cache;
    EXPECT_EQ(cache.resolve(address_of(1), 0, {}, actions), 0U);
    EXPECT_EQ(cache.resolve(address_of(2), 0, {}, actions), 1U);
    EXPECT_EQ(cache.resolve(address_of(3), 0, {}, actions), std::nullopt) << "full";
    EXPECT_EQ(cache.release(0), 0U);
    EXPECT_EQ(cache.resolve(address_of(3), 0, {}, actions), std::nullopt)
        << "a worker may still use id 0";
    cache.recycle(0);
    actions.clear();
    EXPECT_EQ(cache.resolve(address_of(3), 0, {}, actions), 0U);
    EXPECT_EQ(actions, (NeighborActions{AdjacencyChanged{0, AdjacencyState::waiting, {}},
                                        SolicitMulticast{address_of(3)}}))
        << "and the dataplane is told what it means now";
}

TEST(NeighborReferences, an_address_that_comes_back_before_recycling_gets_another_id) {
    NeighborBench bench;
    bench.begin(Start::reachable);
    const AdjacencyId first = bench.id;
    EXPECT_EQ(bench.cache.release(first), first);
    EXPECT_EQ(bench.resolve(), "waiting, multicast") << "and nothing of what was known";
    EXPECT_NE(bench.id, first);
}

TEST(NeighborReferences, a_report_of_use_that_comes_too_late_is_ignored) {
    NeighborBench bench;
    bench.begin(Start::stale);
    EXPECT_EQ(bench.cache.release(bench.id), bench.id);
    EXPECT_EQ(bench.use(), "");
    EXPECT_EQ(bench.cache.next_deadline(), std::nullopt);
}

TEST(NeighborReferencesDeathTest, releasing_what_nobody_holds_is_a_programmers_error) {
    NeighborBench bench;
    bench.begin(Start::stale);
    bench.cache.release(bench.id);
    EXPECT_DEATH(bench.cache.release(bench.id), "occupied");
    bench.cache.recycle(bench.id);
    EXPECT_DEATH(bench.cache.recycle(bench.id), "released");
}

// Every hashed address of an on-link peer is a neighbour. A timer that scanned them all would
// make this test take hours.
TEST(NeighborCacheScale, a_hundred_thousand_neighbours_are_resolved_one_by_one_and_released) {
    constexpr std::uint32_t count = 100'000;
    constexpr std::int64_t gap = 10'000; // nanoseconds between two of them
    NeighborBench bench(count);
    NeighborCache& cache = bench.cache;
    NeighborActions actions;
    for (std::uint32_t i = 0; i < count; ++i) {
        ASSERT_EQ(cache.resolve(address_of(i), i * gap, {}, actions), i);
    }
    std::uint32_t solicited_again = 0;
    for (std::uint32_t i = 0; i < count; ++i) { // each one is due at its own moment
        actions.clear();
        ASSERT_EQ(cache.next_deadline(), second + i * gap);
        cache.advance(second + i * gap, actions);
        solicited_again += static_cast<std::uint32_t>(actions.size());
    }
    EXPECT_EQ(solicited_again, count);
    for (std::uint32_t i = 0; i < count; ++i) {
        cache.on_advertisement({address_of(i), mac_a, false, true, true}, 2 * second, actions);
    }
    EXPECT_EQ(cache.next_deadline(), 32 * second) << "all are reachable";
    for (std::uint32_t i = 0; i < count; ++i) {
        ASSERT_EQ(cache.release(i), i);
        cache.recycle(i);
    }
    EXPECT_EQ(cache.size(), 0U);
    EXPECT_EQ(cache.next_deadline(), std::nullopt);
}

} // namespace
} // namespace mt6d
