// SPDX-License-Identifier: BSD-3-Clause
// From accept to the end of the previous epoch, restarts included (docs/protocol.md, 9, rules 3 to
// 5), as truth tables.
#include "tests/unit/key_exchange_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace mt6d {
namespace {

using key_action::Send;
using test::ExchangeGateway;
using test::KeyExchangeRules;
using test::second;
using testing::IsEmpty;
using testing::SizeIs;

// --- rule 3 ---

TEST_F(KeyExchangeRules, send_neither_accept_nor_confirm_before_the_disk_has_the_key) {
    a.disk_works = b.disk_works = false;
    b.get(offer_of(a, start), start);
    EXPECT_THAT(b.sent, IsEmpty());
    EXPECT_FALSE(b.held.contains(1));
    b.finish_writes(start);
    ASSERT_THAT(b.sent, SizeIs(1));
    EXPECT_TRUE(b.held.contains(1));
    a.get(b.last_sent().value(), start);
    EXPECT_THAT(a.sent, IsEmpty());
    a.run_until(start + lead + 5 * second);
    EXPECT_THAT(a.sent, IsEmpty());
    EXPECT_EQ(a.send_epoch, 0U) << "nor does the epoch change";
    a.finish_writes(start + lead + 5 * second);
    EXPECT_EQ(said(a.sent.at(0)).step, KeyStep::confirm);
    EXPECT_EQ(a.send_epoch, 1U);
}

TEST_F(KeyExchangeRules, an_older_write_is_not_enough) {
    b.disk_works = false;
    b.get(offer_of(a, start), start);
    b.machine.persisted(0, start, b.actions);
    EXPECT_THAT(b.actions, IsEmpty());
}

TEST_F(KeyExchangeRules, go_on_after_a_restart_at_any_step) {
    const auto both = [&] { return std::array{&a, &b}; };
    for (int restarts = 0; restarts < 32; ++restarts) {
        a = ExchangeGateway(test::usual_settings(), crypto, start, 1);
        b = ExchangeGateway(test::usual_settings(true), crypto, start, 2);
        const auto maybe_restart = [&](int step, std::int64_t now) {
            if ((restarts >> step & 1) != 0) {
                for (ExchangeGateway* gateway : both()) {
                    gateway->restart(now);
                }
            }
        };
        const Send offer = offer_of(a, start);
        b.get(offer, start);
        const Send accept = b.last_sent().value();
        a.get(accept, start);
        maybe_restart(0, start + second);
        b.get(offer, start + second);
        EXPECT_EQ(b.last_sent().value().message, accept.message);
        a.run_until(start + 10 * second);
        b.get(a.last_sent().value(), start + 10 * second);
        maybe_restart(1, start + 11 * second);
        a.run_until(start + lead);
        b.run_until(start + lead);
        EXPECT_EQ(a.send_epoch, 1U);
        EXPECT_EQ(b.send_epoch, 1U);
        maybe_restart(2, start + lead + second);
        EXPECT_EQ(a.send_epoch, 1U);
        EXPECT_EQ(b.send_epoch, 1U);
        for (ExchangeGateway* gateway : both()) {
            gateway->hear(1, start + lead + 2 * second);
        }
        maybe_restart(3, start + lead + 3 * second);
        for (ExchangeGateway* gateway : both()) {
            gateway->hear(1, start + lead + 4 * second);
            gateway->run_until(start + lead + 40 * second, true);
            EXPECT_FALSE(gateway->data_on_0);
        }
        maybe_restart(4, start + 2 * lead + 40 * second);
        EXPECT_EQ(a.held.at(1), b.held.at(1));
        EXPECT_FALSE(a.data_on_0);
    }
}

// --- rule 4 ---

TEST_F(KeyExchangeRules, receive_on_both_epochs_from_accept_on) {
    b.get(offer_of(a, start), start);
    EXPECT_TRUE(b.held.contains(1));
    EXPECT_TRUE(b.data_on_0);
    a.get(b.last_sent().value(), start);
    EXPECT_TRUE(a.held.contains(1));
    EXPECT_TRUE(a.data_on_0);
    EXPECT_EQ(a.held.at(1), b.held.at(1));
}

TEST_F(KeyExchangeRules, keep_a_key_that_nobody_confirms) {
    b.services->leave = false;
    b.get(offer_of(a, start), start);
    b.run_until(start + 10 * 86400 * second, true);
    EXPECT_TRUE(b.held.contains(1));
    b.restart(start + 11 * 86400 * second);
    EXPECT_TRUE(b.held.contains(1));
    b.hear(1, start + 11 * 86400 * second);
    EXPECT_EQ(b.send_epoch, 1U);
}

TEST_F(KeyExchangeRules, replace_a_key_that_nobody_confirms_after_its_time) {
    b.get(offer_of(a, start), start);
    b.take_sent();
    b.run_until(start + lead + 30 * second - 1, true);
    EXPECT_THAT(b.take_sent(), IsEmpty());
    b.run_until(start + lead + 30 * second, true);
    EXPECT_EQ(said(b.last_sent().value()).step, KeyStep::offer);
    EXPECT_TRUE(b.held.contains(1));
}

// It came late, or from a recording, after the clock was set back.
TEST_F(KeyExchangeRules, replace_a_key_whose_change_time_is_farther_ahead_than_a_peer_sets_one) {
    for (const auto& [ahead, replaced] : {std::pair{30, false}, {41, false}, {42, true}}) {
        ExchangeGateway responder(test::usual_settings(true), crypto, start, 2);
        ExchangeGateway initiator(test::usual_settings(), crypto, start, 3);
        ExchangeGateway another(test::usual_settings(), crypto, start, 4);
        responder.services->leave = false; // it would offer at once
        const std::int64_t now = start + lead - ahead * second;
        responder.get(offer_of(initiator, start), now);
        const auto key = responder.held.at(1);
        responder.get(offer_of(another, now - second), now);
        EXPECT_EQ(responder.held.at(1) != key, replaced) << ahead;
    }
}

TEST_F(KeyExchangeRules, change_the_initiator_at_the_change_time) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    a.run_until(start + lead - 1);
    EXPECT_EQ(a.send_epoch, 0U);
    a.run_until(start + lead);
    EXPECT_EQ(a.send_epoch, 1U);
    EXPECT_TRUE(a.data_on_0);
}

TEST_F(KeyExchangeRules, repeat_confirm_until_a_packet_opens_on_a_new_route) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    a.run_until(start + lead + 100 * second);
    const auto confirms = a.take_sent();
    EXPECT_GE(confirms.size(), 10U);
    for (const Send& packet : confirms) {
        EXPECT_EQ(packet.epoch, 0U) << "on the old routes";
        EXPECT_EQ(packet.message, confirms[0].message);
    }
    EXPECT_EQ(a.machine.state(), KeyState::confirming);
    a.hear(1, start + lead + 100 * second);
    EXPECT_EQ(a.machine.state(), KeyState::idle);
    ASSERT_THAT(a.sent, SizeIs(1));
    EXPECT_TRUE(a.sent[0].message.empty()) << "says so on the new routes";
    a.take_sent();
    a.run_until(start + lead + 1000 * second, true);
    EXPECT_THAT(a.take_sent(), IsEmpty());
}

TEST_F(KeyExchangeRules, change_the_responder_from_the_change_time_once_it_knows) {
    struct Row {
        std::int64_t confirm, packet; // when, seconds after the offer; 0: never
        std::int64_t changes;
    };
    for (const Row& row :
         {Row{1, 0, 30}, {0, 2, 30}, {40, 0, 40}, {0, 50, 50}, {0, 0, 0}, {31, 32, 31}}) {
        a = ExchangeGateway(test::usual_settings(), crypto, start, 1);
        b = ExchangeGateway(test::usual_settings(true), crypto, start, 2);
        b.services->leave = false;
        b.get(offer_of(a, start), start);
        a.get(b.last_sent().value(), start);
        const Send confirm = a.last_sent().value();
        std::int64_t changed = 0;
        for (std::int64_t at = 1; at <= 100 && changed == 0; ++at) {
            const std::int64_t now = start + at * second;
            b.run_until(now);
            if (at == row.confirm) {
                b.get(confirm, now);
            }
            if (at == row.packet) {
                b.traffic.heard_next = 1;
                b.tick(now);
            }
            changed = b.send_epoch == 1 ? at : 0;
        }
        EXPECT_EQ(changed, row.changes);
    }
}

TEST_F(KeyExchangeRules, answer_each_confirm_on_the_new_routes_once_it_sends_there) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    const Send confirm = a.last_sent().value();
    b.get(confirm, start + second);
    EXPECT_THAT(b.take_sent(), IsEmpty());
    b.run_until(start + lead);
    for (int i = 0; i < 3; ++i) {
        ASSERT_THAT(b.sent, SizeIs(1));
        EXPECT_EQ(b.sent[0].epoch, 1U);
        EXPECT_TRUE(b.sent[0].message.empty());
        b.take_sent();
        b.get(confirm, start + lead + i * second);
    }
}

TEST_F(KeyExchangeRules, write_down_that_the_key_is_confirmed_before_sending_with_it) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    b.disk_works = false;
    b.get(a.last_sent().value(), start);
    b.run_until(start + lead + second);
    EXPECT_EQ(b.send_epoch, 0U);
    b.finish_writes(start + lead + second);
    EXPECT_EQ(b.send_epoch, 1U);
    EXPECT_TRUE(b.disk->exchange->agreed);
}

TEST_F(KeyExchangeRules, say_their_part_by_a_key_state) {
    EXPECT_EQ(a.machine.state(), KeyState::idle);
    b.get(offer_of(a, start), start);
    EXPECT_EQ(a.machine.state(), KeyState::offering);
    EXPECT_EQ(b.machine.state(), KeyState::accepted);
    a.get(b.last_sent().value(), start);
    EXPECT_EQ(a.machine.state(), KeyState::confirming);
    b.get(a.last_sent().value(), start);
    EXPECT_EQ(b.machine.state(), KeyState::accepted);
    a.run_until(start + lead);
    b.run_until(start + lead);
    EXPECT_EQ(b.machine.state(), KeyState::idle);
    EXPECT_EQ(a.machine.state(), KeyState::confirming);
    a.get(b.last_sent().value(), start + lead);
    EXPECT_EQ(a.machine.state(), KeyState::idle);
}

// --- rule 5 ---

TEST_F(KeyExchangeRules, end_the_previous_epoch_a_lifetime_after_a_packet_on_the_new_one) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    a.run_until(start + lead + 500 * second);
    EXPECT_TRUE(a.data_on_0) << "nothing opened on the new one";
    const std::int64_t heard = start + lead + 501 * second;
    a.hear(1, heard);
    a.hear(1, heard + 20 * second); // later ones do not count
    a.run_until(heard + 30 * second - 1, true);
    EXPECT_TRUE(a.data_on_0);
    a.run_until(heard + 30 * second, true);
    EXPECT_FALSE(a.data_on_0);
}

TEST_F(KeyExchangeRules, leave_nothing_of_a_previous_epoch_on_disk) {
    const std::int64_t now = reach_epoch_1();
    const auto first = a.held.at(1);
    a.run_until(now + 86400 * second, true);
    change(a, b, a.sent_at.back());
    const auto bytes_hold = [&](const config::SessionKey& key) {
        const auto bytes = encode(*a.disk);
        return std::search(bytes.begin(), bytes.end(), key.bytes().begin(), key.bytes().end())
               != bytes.end();
    };
    EXPECT_TRUE(a.held.contains(1));
    EXPECT_TRUE(bytes_hold(first));
    a.run_until(a.sent_at.back() + lead + 100 * second, true);
    EXPECT_FALSE(a.held.contains(1));
    EXPECT_FALSE(bytes_hold(first));
    EXPECT_TRUE(bytes_hold(a.held.at(2)));
}

} // namespace
} // namespace mt6d
