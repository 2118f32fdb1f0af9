// SPDX-License-Identifier: BSD-3-Clause
// Queries and their answers (RFC 3810, 6.2; RFC 2710, 4): when, and what about.
#include "tests/unit/mld_bench.hpp"

#include <gmock/gmock.h>

#include <set>

namespace mt6d {
namespace {

using test::general_query;
using test::group;
using test::group_query;
using test::MldBench;
using test::second;
using test::source_query;
using test::v1_query;
using testing::ElementsAre;
using testing::IsEmpty;

// Two groups, all reports over; time begins at zero.
class MldQueries : public testing::Test {
protected:
    MldQueries() {
        for (const std::uint32_t number : {1U, 2U}) {
            bench.join(number);
        }
        bench.settle();
        bench.now = 0;
    }
    MldBench bench;
};

TEST_F(MldQueries, a_general_one_is_answered_for_all_groups_within_the_delay) {
    bench.ask(general_query(10'000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("4999: is 1, is 2"));
    bench.random = UINT32_MAX;
    bench.ask(general_query(10'000));
    EXPECT_THAT(bench.run_until(40 * second), ElementsAre("29999: is 1, is 2"));
    bench.random = 0;
    bench.ask(general_query(10'000));
    EXPECT_THAT(bench.run_until(60 * second), ElementsAre("40000: is 1, is 2"));
}

TEST_F(MldQueries, about_a_group_is_answered_for_that_group) {
    bench.ask(group_query(2, 1000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: is 2"));
}

TEST_F(MldQueries, about_sources_is_answered_with_those_that_are_listened_to_which_is_all) {
    bench.ask(source_query(2, {7, 8}, 1000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: from 2 /7 /8"));
}

TEST_F(MldQueries, about_other_groups_are_not_answered) {
    bench.leave(2);
    bench.run_until(10 * second);
    for (const std::uint32_t number : {2U, 3U}) {
        bench.ask(group_query(number));
        bench.ask(source_query(number, {7}));
    }
    EXPECT_EQ(bench.listener.next_deadline(), std::nullopt);
}

TEST_F(MldQueries, a_group_that_is_left_is_not_answered_for) {
    bench.ask(group_query(1));
    bench.ask(general_query());
    bench.leave(1);
    EXPECT_THAT(bench.run_until(20 * second),
                ElementsAre("0: leave 1", "499: leave 1", "4999: is 2"));
}

// RFC 3810, 6.2, the five rules. The delay is half of what the query allows.
TEST_F(MldQueries, rule_1_a_general_answer_that_is_due_sooner_is_enough) {
    bench.ask(general_query(10'000));
    bench.ask(general_query(20'000));
    bench.ask(group_query(1, 20'000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("4999: is 1, is 2"));
}

TEST_F(MldQueries, rule_1_one_that_is_due_later_is_not) {
    bench.ask(general_query(10'000));
    bench.ask(group_query(1, 1000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: is 1", "4999: is 1, is 2"));
}

TEST_F(MldQueries, rule_2_a_general_query_replaces_one_that_would_be_answered_later) {
    bench.ask(general_query(100'000));
    bench.ask(general_query(10'000));
    EXPECT_THAT(bench.run_until(100 * second), ElementsAre("4999: is 1, is 2"));
}

TEST_F(MldQueries, rule_4_one_answer_about_the_group_at_the_sooner_time) {
    for (const auto& [first, second_query] : {std::pair{group_query(1, 4000), group_query(1, 1000)},
                                              {group_query(1, 1000), group_query(1, 4000)},
                                              {group_query(1, 4000), source_query(1, {7}, 1000)},
                                              {source_query(1, {7}, 4000), group_query(1, 1000)},
                                              {source_query(1, {7}, 1000), group_query(1, 4000)}}) {
        bench.now = 0;
        bench.ask(first);
        bench.ask(second_query);
        EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: is 1"));
    }
}

TEST_F(MldQueries, rule_5_sources_are_put_together_and_answered_at_the_sooner_time) {
    bench.ask(source_query(1, {7, 8}, 4000));
    bench.ask(source_query(1, {8, 9}, 1000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: from 1 /7 /8 /9"));
}

TEST_F(MldQueries, too_many_sources_are_answered_for_with_the_whole_group) {
    bench.ask(source_query(1, {1, 2, 3, 4, 5, 6, 7, 8}, 1000));
    EXPECT_THAT(bench.run_until(2 * second), ElementsAre("499: from 1 /1 /2 /3 /4 /5 /6 /7 /8"));
    bench.ask(source_query(1, {1, 2, 3, 4, 5, 6, 7, 8}, 1000));
    bench.ask(source_query(1, {9}, 1000));
    bench.ask(source_query(1, {10}, 1000));
    EXPECT_THAT(bench.run_until(10 * second), ElementsAre("2499: is 1"));
}

TEST(MldFlood, pending_answers_about_sources_are_bounded) {
    constexpr std::uint32_t count = MldGroups::most_asked + 10;
    MldBench bench(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        bench.join(i);
    }
    bench.settle();
    for (std::uint32_t i = 0; i < count; ++i) {
        bench.ask(source_query(i, {1, 2}, 0));
    }
    MldMessages messages;
    bench.listener.advance(bench.now, messages, 1000);
    std::size_t whole = 0;
    std::size_t records = 0;
    for (const MldMessage& message : messages) {
        for (const MldRecord& record : std::get<MldReport>(message).records) {
            whole += record.type == MldRecordType::is_exclude ? 1 : 0;
            ++records;
        }
    }
    EXPECT_EQ(records, count);
    EXPECT_EQ(whole, 10U);
}

TEST(MldFlood, of_queries_about_one_group_makes_one_answer) {
    MldBench bench;
    bench.join(1);
    bench.settle();
    bench.now = 0;
    for (int i = 0; i < 10'000; ++i) {
        bench.ask(group_query(1, 1000));
        bench.ask(general_query(10'000));
    }
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: is 1", "4999: is 1"));
}

TEST(MldFlood, a_forged_endless_delay_does_not_hold_back_the_next_answer) {
    MldBench bench;
    bench.join(1);
    bench.settle();
    bench.now = 0;
    bench.ask(general_query(8'387'584)); // the longest there is
    bench.ask(group_query(1, 8'387'584));
    bench.ask(general_query(1000));
    EXPECT_THAT(bench.run_until(10 * second), ElementsAre("499: is 1"));
}

// --- version 1 (RFC 2710, 4) -------------------------------------------------------------------

TEST_F(MldQueries, a_general_one_of_version_1_is_answered_for_each_group_at_a_time_of_its_own) {
    std::uint32_t calls = 0;
    MldListener listener(10, 1500, [&] { return 0x20000000U * ++calls; });
    ASSERT_TRUE(listener.join(group(1), 0));
    ASSERT_TRUE(listener.join(group(2), 0));
    MldMessages messages;
    for (std::int64_t now = 0; listener.next_deadline(); now = *listener.next_deadline()) {
        listener.advance(now, messages);
        if (!listener.next_deadline()) {
            break;
        }
    }
    messages.clear();
    const std::int64_t asked = 100 * second;
    listener.on_query(v1_query(0, 8000), asked);
    std::set<std::int64_t> times;
    for (std::int64_t now = asked; now < asked + 9 * second; now += second / 10) {
        const std::size_t before = messages.size();
        listener.advance(now, messages);
        if (messages.size() > before) {
            times.insert(now);
            EXPECT_LE(now, asked + 8 * second);
        }
    }
    EXPECT_EQ(messages.size(), 2U);
    EXPECT_EQ(times.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<MldReportV1>(messages.at(0)));
}

TEST_F(MldQueries, of_version_1_about_a_group_is_answered_for_that_group) {
    bench.ask(v1_query(2, 1000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: v1 report 2"));
    bench.ask(v1_query(3, 1000));
    EXPECT_THAT(bench.run_until(40 * second), IsEmpty());
}

TEST_F(MldQueries, of_version_1_a_second_one_resets_a_timer_that_is_later_alone) {
    bench.ask(v1_query(2, 4000));
    bench.ask(v1_query(2, 1000));
    bench.ask(v1_query(2, 10'000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: v1 report 2"));
}

TEST_F(MldQueries, about_sources_in_version_1_are_answered_as_about_the_group) {
    bench.ask(v1_query(9));
    bench.ask(source_query(2, {7}, 1000));
    EXPECT_THAT(bench.run_until(20 * second), ElementsAre("499: v1 report 2"));
}

} // namespace
} // namespace mt6d
