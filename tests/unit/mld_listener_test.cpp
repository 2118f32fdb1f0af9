// SPDX-License-Identifier: BSD-3-Clause
// What a listener says of itself: changes and their repetition (RFC 3810, 6.1), the two versions
// (8.2), limits.
#include "tests/unit/mld_bench.hpp"

#include <gmock/gmock.h>

#include <set>

namespace mt6d {
namespace {

using test::general_query;
using test::group;
using test::group_query;
using test::millisecond;
using test::MldBench;
using test::second;
using test::v1_query;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(MldChanges, a_join_is_reported_at_once_and_again_within_a_second) {
    MldBench bench;
    bench.join(1);
    EXPECT_EQ(bench.listener.next_deadline(), 0);
    EXPECT_THAT(bench.run_until(100 * second), ElementsAre("0: join 1", "499: join 1"));
    EXPECT_EQ(bench.listener.next_deadline(), std::nullopt);
}

TEST(MldChanges, the_repetition_is_at_random_within_a_second) {
    for (const auto& [random, at] :
         {std::pair{0U, "0"}, {0x40000000U, "249"}, {UINT32_MAX, "999"}}) {
        MldBench bench;
        bench.random = random;
        bench.join(1);
        bench.say();
        EXPECT_THAT(bench.run_until(2 * second), ElementsAre(std::string(at) + ": join 1"));
    }
}

TEST(MldChanges, a_group_that_is_left_is_reported_as_such_and_forgotten) {
    MldBench bench;
    bench.join(1);
    bench.settle();
    EXPECT_TRUE(bench.listener.listens_to(group(1)));
    const std::int64_t left = bench.now;
    bench.leave(1);
    EXPECT_FALSE(bench.listener.listens_to(group(1)));
    EXPECT_EQ(bench.listener.size(), 1U);
    EXPECT_THAT(bench.run_until(left + second), ElementsAre("100000: leave 1", "100499: leave 1"));
    EXPECT_EQ(bench.listener.size(), 0U);
}

TEST(MldChanges, a_group_is_left_by_its_last_listener) {
    MldBench bench;
    bench.join(1);
    bench.settle();
    bench.join(1);
    bench.leave(1);
    EXPECT_EQ(bench.listener.next_deadline(), std::nullopt);
    bench.leave(1);
    EXPECT_THAT(bench.say(), ElementsAre("leave 1"));
}

TEST(MldChanges, the_latest_change_of_a_group_is_all_that_is_said_of_it) {
    MldBench bench;
    bench.join(1);
    bench.say();
    bench.leave(1); // while the join is still to be repeated
    EXPECT_THAT(bench.run_until(10 * second), ElementsAre("0: leave 1", "499: leave 1"));
    bench.join(1);
    bench.leave(1);
    bench.join(1);
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("10000: join 1", "10499: join 1"));
}

TEST(MldChanges, all_groups_share_reports) {
    MldBench bench;
    bench.join(1);
    bench.settle();
    bench.join(2);
    bench.join(3);
    bench.leave(1);
    EXPECT_THAT(bench.run_until(200 * second),
                ElementsAre("100000: leave 1, join 2, join 3", "100499: leave 1, join 2, join 3"));
}

TEST(MldChanges, a_report_is_as_long_as_the_mtu_allows) {
    for (const auto& [mtu, records] : {std::pair{1500U, 72U}, {1280U, 61U}, {9000U, 447U}}) {
        MldBench bench(1000, mtu);
        for (std::uint32_t i = 0; i <= records; ++i) {
            bench.join(i);
        }
        MldMessages messages;
        bench.listener.advance(0, messages);
        ASSERT_EQ(messages.size(), 2U);
        EXPECT_EQ(std::get<MldReport>(messages[0]).records.size(), records);
        EXPECT_EQ(std::get<MldReport>(messages[1]).records.size(), 1U);
        EXPECT_LE(40 + 8 + 8 + 20 * records, mtu) << "IPv6, router alert, header, records";
        EXPECT_GT(40 + 8 + 8 + 20 * (records + 1), mtu);
    }
}

TEST(MldChanges, all_nodes_and_narrow_scopes_are_never_reported) {
    for (const char* text : {"ff02::1", "ff01::1:ff00:1", "ff11::5", "ff00::5"}) {
        MldBench bench;
        const Ipv6Address silent = *Ipv6Address::parse(text);
        EXPECT_TRUE(bench.listener.join(silent, 0)) << text;
        EXPECT_EQ(bench.listener.size(), 0U) << text;
        bench.listener.leave(silent, 0);
        EXPECT_EQ(bench.listener.next_deadline(), std::nullopt) << text;
    }
    for (const char* text : {"ff02::2", "ff02::1:ff00:1", "ff05::1", "ff0e::101"}) {
        EXPECT_TRUE(is_reported_group(*Ipv6Address::parse(text))) << text;
    }
    EXPECT_FALSE(is_reported_group(*Ipv6Address::parse("fe80::1")));
}

TEST(MldChanges, are_repeated_as_often_as_the_querier_wants) {
    for (const auto& [said, reports] : {std::pair{0, 2U}, {1, 2U}, {2, 2U}, {3, 3U}, {7, 7U}}) {
        MldBench bench;
        MldQuery query = general_query(0);
        query.robustness = static_cast<std::uint8_t>(said);
        bench.ask(query);
        bench.settle();
        bench.join(1);
        EXPECT_EQ(bench.run_until(bench.now + 100 * second).size(), reports) << said;
        EXPECT_EQ(bench.listener.robustness(), reports);
    }
}

// --- bounds ------------------------------------------------------------------------------------

TEST(MldLimits, groups_are_bounded_those_being_left_count) {
    MldBench bench(2);
    bench.join(1);
    bench.join(2);
    EXPECT_FALSE(bench.listener.join(group(3), 0));
    bench.join(2);
    bench.leave(1);
    EXPECT_FALSE(bench.listener.join(group(3), 0));
    bench.settle();
    EXPECT_TRUE(bench.listener.join(group(3), bench.now));
    EXPECT_EQ(bench.listener.size(), 2U);
}

TEST(MldLimits, messages_of_a_call_are_bounded_and_the_rest_follows) {
    MldBench bench;
    for (std::uint32_t i = 0; i < 72 * 5; ++i) {
        bench.join(i);
    }
    EXPECT_EQ(bench.say(2).size(), 2U);
    EXPECT_EQ(bench.listener.next_deadline(), 0);
    EXPECT_EQ(bench.say(2).size(), 2U);
    EXPECT_EQ(bench.say(2).size(), 1U);
    EXPECT_GT(*bench.listener.next_deadline(), 0);
}

TEST(MldLimits, queries_are_answered_however_much_changes) {
    MldBench bench(100'000);
    bench.join(1);
    bench.settle();
    for (std::uint32_t i = 2; i < 72 * 50; ++i) {
        bench.join(i);
    }
    bench.ask(group_query(1, 0));
    EXPECT_THAT(bench.say(), testing::Contains(testing::HasSubstr("is 1")));
}

TEST(MldLimits, a_million_groups_are_answered_for_bit_by_bit_each_once) {
    constexpr std::uint32_t count = 1'000'000;
    MldBench bench(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        bench.join(i);
    }
    MldMessages messages;
    while (bench.listener.next_deadline()) {
        bench.now = std::max(bench.now, *bench.listener.next_deadline());
        messages.clear();
        bench.listener.advance(bench.now, messages);
        ASSERT_LE(messages.size(), MldListener::messages_a_tick);
    }
    bench.ask(general_query());
    std::vector<bool> reported(count);
    std::size_t records = 0;
    while (bench.listener.next_deadline()) {
        bench.now = std::max(bench.now, *bench.listener.next_deadline());
        messages.clear();
        bench.listener.advance(bench.now, messages);
        ASSERT_LE(messages.size(), MldListener::messages_a_tick);
        for (const MldMessage& message : messages) {
            for (const MldRecord& record : std::get<MldReport>(message).records) {
                reported[test::number_of(record.group)] = true;
                ++records;
            }
        }
    }
    EXPECT_EQ(records, count);
    EXPECT_EQ(std::count(reported.begin(), reported.end(), true), count);
}

TEST(MldLimits, groups_that_come_during_an_answer_take_no_others_turn) {
    MldBench bench(10'000);
    for (std::uint32_t i = 0; i < 2000; ++i) {
        bench.join(i);
        if (i == 1000) { // an answer that ends in the middle of those to come
            bench.ask(general_query(0));
            bench.settle();
        }
    }
    bench.settle();
    bench.ask(general_query(0));
    std::set<std::uint32_t> reported;
    for (std::uint32_t turn = 0; bench.listener.next_deadline() && turn < 1000; ++turn) {
        if (turn < 300) {
            bench.join(2000 + turn);
        }
        MldMessages messages;
        bench.listener.advance(bench.now, messages, 2);
        for (const MldMessage& message : messages) {
            for (const MldRecord& record : std::get<MldReport>(message).records) {
                if (record.type == MldRecordType::is_exclude) {
                    reported.insert(test::number_of(record.group));
                }
            }
        }
        bench.now += millisecond;
    }
    for (std::uint32_t i = 0; i < 2000; ++i) {
        EXPECT_TRUE(reported.contains(i)) << i;
    }
}

// --- the link ----------------------------------------------------------------------------------

TEST(MldLink, that_comes_up_is_told_of_each_group_again) {
    MldBench bench;
    for (std::uint32_t i = 1; i <= 3; ++i) {
        bench.join(i);
    }
    bench.leave(2);
    bench.settle();
    bench.listener.link_up(bench.now);
    EXPECT_THAT(bench.run_until(200 * second),
                ElementsAre("100000: join 1, join 3", "100499: join 1, join 3"));
}

TEST(MldLink, that_comes_up_has_the_present_version_again) {
    MldBench bench;
    bench.join(1);
    MldQuery query = general_query(0);
    query.robustness = 5;
    bench.ask(query);
    bench.ask(v1_query());
    EXPECT_EQ(bench.listener.version(), 1U);
    bench.listener.link_up(bench.now);
    EXPECT_EQ(bench.listener.version(), 2U);
    EXPECT_EQ(bench.listener.robustness(), 2U);
    EXPECT_THAT(bench.say(), ElementsAre("join 1"));
}

TEST(MldLink, many_groups_are_told_of_no_faster_than_reports_leave) {
    MldBench bench(100'000);
    for (std::uint32_t i = 0; i < 50'000; ++i) {
        bench.join(i);
    }
    MldMessages messages;
    while (bench.listener.next_deadline()) {
        bench.now = std::max(bench.now, *bench.listener.next_deadline());
        bench.listener.advance(bench.now, messages);
    }
    messages.clear();
    bench.listener.link_up(bench.now);
    while (bench.listener.next_deadline()) {
        bench.now = std::max(bench.now, *bench.listener.next_deadline());
        const std::size_t before = messages.size();
        bench.listener.advance(bench.now, messages);
        ASSERT_LE(messages.size() - before, MldListener::messages_a_tick);
        bench.now += millisecond;
    }
    std::vector<unsigned> joins(50'000);
    for (const MldMessage& message : messages) {
        for (const MldRecord& record : std::get<MldReport>(message).records) {
            joins[test::number_of(record.group)] +=
                record.type == MldRecordType::to_exclude ? 1 : 0;
        }
    }
    EXPECT_THAT(joins, testing::Each(2U));
}

// --- version 1 (RFC 3810, 8.2; RFC 2710) -------------------------------------------------------

TEST(MldVersion1, joins_are_reported_one_by_one_and_again_within_ten_seconds) {
    MldBench bench;
    bench.ask(v1_query());
    bench.say();
    bench.join(1);
    bench.join(2);
    EXPECT_THAT(
        bench.run_until(20 * second),
        ElementsAre("0: v1 report 1", "0: v1 report 2", "4999: v1 report 1", "4999: v1 report 2"));
}

TEST(MldVersion1, a_group_that_is_left_is_said_goodbye_to_once) {
    MldBench bench;
    bench.ask(v1_query());
    bench.join(1);
    bench.run_until(50 * second);
    bench.leave(1);
    EXPECT_THAT(bench.run_until(100 * second), ElementsAre("50000: v1 done 1"));
    EXPECT_EQ(bench.listener.size(), 0U);
}

TEST(MldVersion1, lasts_as_long_as_an_older_querier_is_believed_present) {
    MldBench bench;
    bench.ask(v1_query(0, 10'000));
    EXPECT_EQ(bench.listener.version(), 1U);
    bench.run_until((2 * 125 + 10) * second - 1);
    EXPECT_EQ(bench.listener.version(), 1U) << "robustness times query interval, plus response";
    bench.run_until((2 * 125 + 10) * second);
    EXPECT_EQ(bench.listener.version(), 2U);

    MldQuery query = general_query();
    query.robustness = 3;
    query.interval_s = 20;
    bench.ask(query);
    const std::int64_t asked = bench.now;
    bench.ask(v1_query(0, 30'000));
    bench.run_until(asked + (3 * 20 + 30) * second - 1);
    EXPECT_EQ(bench.listener.version(), 1U);
    bench.run_until(asked + (3 * 20 + 30) * second);
    EXPECT_EQ(bench.listener.version(), 2U);
}

TEST(MldVersion1, lasts_longer_with_each_query) {
    MldBench bench;
    bench.ask(v1_query());
    bench.run_until(200 * second);
    bench.ask(v1_query());
    bench.ask(general_query()); // the present version does not end it
    bench.run_until(459 * second);
    EXPECT_EQ(bench.listener.version(), 1U);
    bench.run_until(460 * second);
    EXPECT_EQ(bench.listener.version(), 2U);
}

TEST(MldVersion1, cancels_what_is_pending_but_not_what_nobody_heard_yet) {
    MldBench bench;
    bench.join(1);
    bench.join(2);
    bench.settle();
    bench.leave(2);
    bench.say(); // to be repeated
    bench.ask(group_query(1, 50'000));
    bench.join(3); // not said yet
    bench.ask(v1_query(9));
    EXPECT_EQ(bench.listener.size(), 2U) << "the one that was left is forgotten";
    EXPECT_THAT(bench.run_until(bench.now + 100 * second),
                ElementsAre("100000: v1 report 3", "104999: v1 report 3"));
}

TEST(MldVersion1, ends_with_all_that_was_pending) {
    MldBench bench;
    bench.join(1);
    bench.ask(v1_query(9));
    bench.run_until(259 * second);
    bench.ask(group_query(1, 60'000)); // answered after 30 s, when version 1 is over
    EXPECT_THAT(bench.run_until(400 * second), IsEmpty());
    EXPECT_EQ(bench.listener.version(), 2U);
}

} // namespace
} // namespace mt6d
