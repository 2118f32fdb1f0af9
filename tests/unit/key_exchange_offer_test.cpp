// SPDX-License-Identifier: BSD-3-Clause
// Offers and what becomes of them (docs/protocol.md, 9, rules 1 and 2), as truth tables.
#include "tests/unit/key_exchange_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace mt6d {
namespace {

using key_action::Send;
using test::ExchangeGateway;
using test::KeyExchangeRules;
using test::second;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// --- rule 1 ---

TEST_F(KeyExchangeRules, start_an_exchange_at_epoch_0_with_data_and_not_before) {
    a.run_until(start + 3600 * second);
    EXPECT_THAT(a.take_sent(), IsEmpty());
    a.carry(start + 3600 * second);
    ASSERT_THAT(a.sent, SizeIs(1));
    EXPECT_EQ(a.sent[0].epoch, 0U);
    EXPECT_EQ(said(a.sent[0]).step, KeyStep::offer);
    EXPECT_EQ(said(a.sent[0]).epoch, 1U);
}

TEST_F(KeyExchangeRules, start_at_once_where_the_operator_wants_it) {
    a.rekey(start); // at epoch 0, without data
    EXPECT_THAT(a.take_sent(), SizeIs(1));
}

TEST_F(KeyExchangeRules, start_before_the_timer_where_the_operator_wants_it) {
    const std::int64_t now = reach_epoch_1() + second;
    a.rekey(now);
    const auto offers = a.take_sent();
    ASSERT_THAT(offers, SizeIs(1));
    EXPECT_EQ(said(offers[0]).epoch, 2U);
}

TEST_F(KeyExchangeRules, let_the_exchange_under_way_end_where_the_operator_wants_another) {
    a.rekey(start);
    a.take_sent();
    a.rekey(start + second / 2);
    EXPECT_THAT(a.take_sent(), IsEmpty()) << "one offer stands";
}

TEST_F(KeyExchangeRules, start_with_the_counter_of_data_too) {
    a.traffic.data_sent = 1;
    a.tick(start);
    EXPECT_THAT(a.take_sent(), SizeIs(1));
}

TEST_F(KeyExchangeRules, set_the_change_time_by_rotation_and_interval) {
    struct Row {
        std::uint32_t rotation, interval;
        std::int64_t ahead;
    };
    for (const Row& row : {Row{1, 86400, 30},
                           {10, 86400, 30},
                           {20, 86400, 60},
                           {100, 86400, 300},
                           {10, 40, 20},
                           {10, 60, 30},
                           {20, 60, 30},
                           {10, 1, 1},
                           {2000, 86400, 3000}}) {
        auto settings = test::usual_settings();
        settings.rotation = row.rotation;
        settings.lifetime = 3 * row.rotation;
        settings.rekey_interval = row.interval;
        ExchangeGateway gateway(settings, crypto, start);
        EXPECT_EQ(said(offer_of(gateway, start)).change_time, start / second + row.ahead);
        ExchangeGateway later(settings, crypto, start);
        EXPECT_EQ(said(offer_of(later, start + 1)).change_time, start / second + row.ahead + 1)
            << "at least: a part of a second counts as one";
    }
}

TEST_F(KeyExchangeRules, repeat_an_offer_each_second_backing_off_until_the_change_time) {
    a.carry(start);
    a.run_until(start + lead - 1);
    std::vector<std::int64_t> seconds;
    for (const std::int64_t at : a.sent_at) {
        seconds.push_back((at - start) / second);
    }
    EXPECT_THAT(seconds, ElementsAre(0, 1, 3, 7, 15));
    std::set<std::vector<std::uint8_t>> distinct;
    for (const Send& packet : a.sent) {
        distinct.insert({packet.message.bytes().begin(), packet.message.bytes().end()});
    }
    EXPECT_THAT(distinct, SizeIs(1));
}

TEST_F(KeyExchangeRules, drop_an_offer_at_its_change_time_and_make_another_later) {
    const Send first = offer_of(a, start);
    a.run_until(start + lead);
    EXPECT_EQ(a.machine.state(), KeyState::idle);
    a.take_sent();
    b.get(first, start);
    a.get(b.last_sent().value(), start + lead);
    EXPECT_EQ(refused(a, KeyRefusal::unexpected), 1U);
    EXPECT_THAT(a.take_sent(), IsEmpty());
    a.run_until(start + 2 * lead);
    ASSERT_THAT(a.sent, SizeIs(1));
    EXPECT_GT(said(a.sent[0]).change_time, said(first).change_time);
    EXPECT_NE(said(a.sent[0]).public_key(), said(first).public_key());
}

TEST_F(KeyExchangeRules, wait_ever_longer_between_offers_that_nobody_accepts) {
    a.carry(start);
    a.run_until(start + 86400 * second);
    EXPECT_LT(a.machine.facts(start).given_up, 40U);
    EXPECT_GT(a.machine.facts(start).given_up, 20U);
}

TEST_F(KeyExchangeRules, offer_by_timer_after_the_interval_more_or_less_the_window) {
    std::set<std::int64_t> times;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        ExchangeGateway one(test::usual_settings(), crypto, start, seed);
        ExchangeGateway two(test::usual_settings(true), crypto, start, seed + 100);
        one.carry(start);
        change(one, two, start);
        one.take_sent();
        const std::int64_t changed = start + lead;
        one.run_until(changed + 86369 * second, true);
        EXPECT_THAT(one.take_sent(), IsEmpty());
        while (one.sent.empty()) {
            one.run_until(*one.machine.next_deadline(), true);
        }
        const std::int64_t after = one.sent_at.back() - changed;
        EXPECT_GE(after, 86370 * second);
        EXPECT_LE(after, 86430 * second);
        EXPECT_EQ(one.sent[0].epoch, 1U);
        EXPECT_EQ(said(one.sent[0]).epoch, 2U);
        times.insert(after);
    }
    EXPECT_GT(times.size(), 40U) << "at random";
}

TEST_F(KeyExchangeRules, reset_the_timer_of_both_whoever_offered) {
    const std::int64_t now = reach_epoch_1();
    for (const ExchangeGateway* gateway : {&a, &b}) {
        const auto next = *gateway->machine.facts(now).next_change;
        EXPECT_GE(next, start + lead + 86370 * second);
        EXPECT_LE(next, start + lead + 86430 * second);
    }
}

TEST_F(KeyExchangeRules, wait_for_leave_to_start) {
    a.services->leave = false;
    a.carry(start);
    a.run_until(start + 10 * second);
    EXPECT_THAT(a.take_sent(), IsEmpty());
    EXPECT_LE(a.services->asked, 12) << "once a second";
    a.services->leave = true;
    a.run_until(start + 11 * second);
    EXPECT_THAT(a.take_sent(), SizeIs(1));
}

// --- rule 2 ---

TEST_F(KeyExchangeRules, answer_a_repeated_offer_with_the_stored_accept) {
    const Send offer = offer_of(a, start);
    b.get(offer, start);
    const Send accept = b.last_sent().value();
    for (int i = 1; i <= 5; ++i) {
        b.get(offer, start + i * second);
        EXPECT_EQ(b.last_sent().value().message, accept.message);
    }
    EXPECT_EQ(b.generation, 1U);
}

TEST_F(KeyExchangeRules, let_a_later_change_time_alone_replace_an_offer) {
    for (const auto& [delay, replaced] : {std::pair{-1, false}, {0, false}, {1, true}, {9, true}}) {
        ExchangeGateway other(test::usual_settings(), crypto, start, 7);
        ExchangeGateway responder(test::usual_settings(true), crypto, start, 3);
        ExchangeGateway initiator(test::usual_settings(), crypto, start, 4);
        responder.get(offer_of(initiator, start), start);
        const auto key = responder.held.at(1);
        responder.take_sent();
        responder.get(offer_of(other, start + delay * second), start);
        EXPECT_EQ(responder.held.at(1) != key, replaced) << delay;
        EXPECT_EQ(responder.take_sent().size(), replaced ? 1U : 0U);
        EXPECT_EQ(refused(responder, KeyRefusal::older), replaced ? 0U : 1U);
    }
}

TEST_F(KeyExchangeRules, ignore_a_change_time_that_is_long_ago_or_far_ahead) {
    struct Row {
        std::int64_t ahead; // of the change time, seconds
        bool taken;
        KeyRefusal reason;
    };
    for (const Row& row : {Row{-31, false, KeyRefusal::too_late},
                           {-30, true, {}},
                           {0, true, {}},
                           {3600, true, {}},
                           {3601, false, KeyRefusal::too_early}}) {
        for (const std::uint32_t rotation : {10U, 2000U}) { // the hour does not depend on it
            auto settings = test::usual_settings(true);
            settings.rotation = rotation;
            ExchangeGateway initiator(test::usual_settings(), crypto, start);
            ExchangeGateway responder(settings, crypto, start);
            const Send offer = offer_of(initiator, start);
            responder.get(offer, start + lead - row.ahead * second);
            EXPECT_EQ(responder.held.contains(1), row.taken) << row.ahead;
            if (!row.taken) {
                EXPECT_EQ(refused(responder, row.reason), 1U) << row.ahead;
            }
        }
    }
}

TEST_F(KeyExchangeRules, let_the_larger_body_stand_where_both_offer) {
    const Send from_a = offer_of(a, start);
    const Send from_b = offer_of(b, start);
    const bool a_is_larger =
        std::ranges::lexicographical_compare(said(from_b).body, said(from_a).body);
    ExchangeGateway& larger = a_is_larger ? a : b;
    ExchangeGateway& smaller = a_is_larger ? b : a;
    larger.get(a_is_larger ? from_b : from_a, start);
    EXPECT_EQ(refused(larger, KeyRefusal::own_stands), 1U);
    EXPECT_EQ(larger.machine.state(), KeyState::offering);
    smaller.get(a_is_larger ? from_a : from_b, start);
    EXPECT_EQ(smaller.machine.state(), KeyState::accepted);
    larger.get(smaller.last_sent().value(), start);
    EXPECT_EQ(larger.held.at(1), smaller.held.at(1));
}

// Both heard nothing for long; one has data to send, the other's timer fires.
TEST_F(KeyExchangeRules, let_the_larger_body_stand_where_a_renewal_meets_a_recovery) {
    const std::int64_t now = reach_epoch_1();
    int recoveries = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        ExchangeGateway recovering(test::usual_settings(), crypto, now, seed);
        ExchangeGateway renewing(test::usual_settings(true), crypto, now, seed + 100);
        recovering.disk = a.disk;
        renewing.disk = b.disk;
        recovering.restart(now);
        renewing.restart(now);
        const std::int64_t due = *renewing.machine.facts(now).next_change;
        recovering.run_until(due - 40 * second);
        ++recovering.traffic.data_sent;
        recovering.run_until(due);
        renewing.run_until(due);
        const Send recovery = recovering.last_sent().value();
        const Send renewal = renewing.last_sent().value();
        ASSERT_EQ(recovery.epoch, 0U);
        ASSERT_EQ(renewal.epoch, 1U);
        ASSERT_EQ(said(recovery).epoch, said(renewal).epoch);

        const bool recovers =
            std::ranges::lexicographical_compare(said(renewal).body, said(recovery).body);
        recoveries += recovers ? 1 : 0;
        ExchangeGateway& initiator = recovers ? recovering : renewing;
        ExchangeGateway& responder = recovers ? renewing : recovering;
        recovering.get(renewal, due);
        renewing.get(recovery, due);
        EXPECT_EQ(initiator.machine.state(), KeyState::offering);
        ASSERT_EQ(responder.machine.state(), KeyState::accepted);
        initiator.get(responder.last_sent().value(), due);
        EXPECT_EQ(initiator.held.at(2), responder.held.at(2));
    }
    EXPECT_GT(recoveries, 0);
    EXPECT_LT(recoveries, 20);
}

TEST_F(KeyExchangeRules, keep_the_initiators_key_against_another_offer) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    const auto key = a.held.at(1);
    ExchangeGateway forgetful(test::usual_settings(true), crypto, start, 9);
    a.get(offer_of(forgetful, start + 5 * second), start + 5 * second);
    EXPECT_EQ(a.held.at(1), key);
    EXPECT_EQ(refused(a, KeyRefusal::older), 1U);
}

TEST_F(KeyExchangeRules, take_no_epoch_but_the_next_on_the_current_routes) {
    const std::int64_t now = reach_epoch_1();
    a.services->leave = true;
    a.run_until(now + 86400 * second, true);
    const Send offer = a.take_sent().front();
    EXPECT_EQ(said(offer).epoch, 2U);
    ExchangeGateway behind(test::usual_settings(true), crypto, start);
    behind.disk = b.disk;
    behind.disk->current.epoch = 7; // and the key of epoch 1
    behind.restart(a.sent_at.back());
    behind.get({7, offer.message}, a.sent_at.back());
    EXPECT_EQ(refused(behind, KeyRefusal::other_epoch), 1U);
}

} // namespace
} // namespace mt6d
