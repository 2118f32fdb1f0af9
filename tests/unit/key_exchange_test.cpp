// SPDX-License-Identifier: BSD-3-Clause
// The rules of key exchange one by one (docs/protocol.md, section 9), as truth tables. What they do
// together is key_exchange_model_test.cpp's.
#include "control/exchange/openssl_exchange_crypto.hpp"
#include "tests/unit/key_exchange_support.hpp"
#include "tests/unit/key_exchange_vectors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace mt6d {
namespace {

using key_action::Send;
using test::exchange_start;
using test::ExchangeGateway;
using test::second;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Two gateways, and messages that a test carries by hand.
class KeyExchangeRules : public testing::Test {
protected:
    static constexpr std::int64_t start = exchange_start;
    static constexpr std::int64_t lead = 30 * second;

    static KeyMessage said(const Send& packet) { return view_key_message(packet.message); }
    static std::uint32_t refused(const ExchangeGateway& gateway, KeyRefusal reason) {
        return gateway.machine.facts(start).refused.at(static_cast<std::size_t>(reason));
    }
    // From offer to a change that both know of. The initiator starts by itself at `now`.
    void change(ExchangeGateway& initiator, ExchangeGateway& responder, std::int64_t now) {
        responder.get(initiator.last_sent().value(), now);
        initiator.get(responder.last_sent().value(), now);
        responder.get(initiator.last_sent().value(), now);
        const std::int64_t time = *initiator.machine.facts(now).next_change;
        initiator.tick(time);
        responder.tick(time);
        for (const Send& packet : responder.take_sent()) {
            initiator.get(packet, time);
        }
        for (const Send& packet : initiator.take_sent()) {
            responder.get(packet, time);
        }
    }
    // Both at epoch 1, the previous one ended. Returns when.
    std::int64_t reach_epoch_1() {
        a.carry(start);
        change(a, b, start);
        const std::int64_t end = start + lead + 30 * second;
        a.tick(end);
        b.tick(end);
        EXPECT_EQ(a.send_epoch, 1U);
        EXPECT_EQ(b.send_epoch, 1U);
        a.take_sent();
        b.take_sent();
        return end;
    }
    // The offer of a gateway that starts at this time.
    Send offer_of(ExchangeGateway& gateway, std::int64_t now) {
        gateway.carry(now);
        return gateway.last_sent().value();
    }

    test::CheapExchangeCrypto crypto;
    ExchangeGateway a{test::usual_settings(), crypto, start, 1};
    ExchangeGateway b{test::usual_settings(true), crypto, start, 2};
};

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
        ExchangeGateway initiator(test::usual_settings(), crypto, start);
        ExchangeGateway responder(test::usual_settings(true), crypto, start);
        const Send offer = offer_of(initiator, start);
        responder.get(offer, start + lead - row.ahead * second);
        EXPECT_EQ(responder.held.contains(1), row.taken) << row.ahead;
        if (!row.taken) {
            EXPECT_EQ(refused(responder, row.reason), 1U) << row.ahead;
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
        return !std::ranges::search(bytes, key.bytes()).empty();
    };
    EXPECT_TRUE(a.held.contains(1));
    EXPECT_TRUE(bytes_hold(first));
    a.run_until(a.sent_at.back() + lead + 100 * second, true);
    EXPECT_FALSE(a.held.contains(1));
    EXPECT_FALSE(bytes_hold(first));
    EXPECT_TRUE(bytes_hold(a.held.at(2)));
}

// --- rule 6 ---

TEST_F(KeyExchangeRules, notice_a_lost_peer_within_four_thirds_of_the_time) {
    const std::int64_t now = reach_epoch_1();
    for (std::int64_t offset = 0; offset < 12 * second; offset += second / 3) {
        ExchangeGateway gateway(test::usual_settings(), crypto, now);
        gateway.disk = a.disk;
        gateway.restart(now);
        gateway.run_until(now + offset, true);
        for (std::int64_t at = now + offset; gateway.sent.empty(); at += second / 10) {
            ++gateway.traffic.data_sent;
            gateway.run_until(at);
            ASSERT_LE(at, now + offset + 41 * second);
        }
        EXPECT_GE(gateway.sent_at[0], now + offset + 30 * second);
        EXPECT_LE(gateway.sent_at[0], now + offset + 40 * second);
        EXPECT_EQ(gateway.sent[0].epoch, 0U);
        EXPECT_EQ(said(gateway.sent[0]).epoch, 2U);
    }
}

TEST_F(KeyExchangeRules, take_nobody_for_lost_whom_nothing_was_sent_or_who_answers) {
    const std::int64_t now = reach_epoch_1();
    a.run_until(now + 5000 * second);
    EXPECT_THAT(a.take_sent(), IsEmpty());
    for (std::int64_t at = now + 5000 * second; at < now + 6000 * second; at += 10 * second) {
        ++a.traffic.data_sent;
        ++a.traffic.heard_current;
        a.run_until(at);
    }
    EXPECT_THAT(a.take_sent(), IsEmpty());
    EXPECT_FALSE(a.machine.facts(now + 6000 * second).peer_lost);
}

TEST_F(KeyExchangeRules, take_an_offer_of_recovery_only_where_nothing_was_heard) {
    const std::int64_t now = reach_epoch_1();
    for (const std::int64_t quiet : {0, 29, 30, 100}) {
        ExchangeGateway lost(test::usual_settings(), crypto, now);
        ExchangeGateway other(test::usual_settings(true), crypto, now);
        lost.disk = a.disk;
        other.disk = b.disk;
        lost.restart(now);
        other.restart(now);
        for (std::int64_t at = now; lost.sent.empty(); at += second) {
            ++lost.traffic.data_sent;
            lost.run_until(at);
        }
        const std::int64_t at = lost.sent_at.back();
        other.hear(1, at - quiet * second);
        other.get(lost.last_sent().value(), at);
        EXPECT_EQ(other.held.contains(2), quiet >= 30) << quiet;
        EXPECT_EQ(refused(other, KeyRefusal::not_silent), quiet >= 30 ? 0U : 1U);
    }
}

TEST_F(KeyExchangeRules, answer_an_epoch_that_is_not_above_the_own_at_most_once_a_second) {
    const std::int64_t now = reach_epoch_1() + 100 * second;
    ExchangeGateway lost(test::usual_settings(), crypto, now, 5);
    const Send offer = offer_of(lost, now);
    EXPECT_EQ(said(offer).epoch, 1U);
    for (int tenth = 0; tenth < 35; ++tenth) {
        b.get(offer, now + tenth * second / 10);
    }
    const auto answers = b.take_sent();
    ASSERT_THAT(answers, SizeIs(4));
    EXPECT_EQ(answers[0].epoch, 0U);
    EXPECT_EQ(said(answers[0]).epoch, 2U);
    EXPECT_EQ(answers[3].message, answers[0].message);
    b.run_until(now + 20 * second, true);
    EXPECT_THAT(b.take_sent(), IsEmpty()) << "only when asked";
}

TEST_F(KeyExchangeRules, heal_lost_state) {
    const std::int64_t now = reach_epoch_1() + 100 * second;
    a.disk.reset();
    a.restart(now);
    b.get(offer_of(a, now), now);
    a.get(b.last_sent().value(), now);
    EXPECT_EQ(a.machine.state(), KeyState::accepted);
    b.get(a.last_sent().value(), now);
    a.get(b.last_sent().value(), now);
    a.run_until(now + lead);
    b.run_until(now + lead);
    EXPECT_EQ(a.send_epoch, 2U);
    EXPECT_EQ(b.send_epoch, 2U);
    EXPECT_EQ(a.held.at(2), b.held.at(2));
    EXPECT_EQ(b.machine.facts(now).recoveries, 1U);
}

TEST_F(KeyExchangeRules, are_moved_by_no_recording) {
    const std::int64_t now = reach_epoch_1();
    const Send recording = [&] {
        ExchangeGateway before(test::usual_settings(), crypto, start, 1);
        return offer_of(before, start);
    }();
    b.get(recording, now + 2 * second);
    b.get({1, recording.message}, now + 3 * second);
    EXPECT_THAT(b.take_sent(), IsEmpty());
    EXPECT_EQ(b.send_epoch, 1U);
    EXPECT_THAT(b.held, SizeIs(1));
    EXPECT_EQ(b.machine.state(), KeyState::idle);
}

TEST_F(KeyExchangeRules, do_not_take_confirms_of_an_unknown_epoch_for_a_sign_of_life) {
    const std::int64_t now = reach_epoch_1();
    b.run_until(now + 86400 * second, true);
    const Send offer = b.take_sent().front();
    std::int64_t at = b.sent_at.back();
    const auto before = a.disk;
    a.get(offer, at);
    b.get(a.last_sent().value(), at);
    const Send confirm = b.last_sent().value();
    a.disk = before; // its disk is set back: the key of epoch 2 is unknown
    a.restart(at);
    for (int i = 1; i <= 40; ++i) {
        a.get(confirm, at + i * second);
    }
    for (at += 41 * second; b.machine.facts(at).given_up == 0 && b.sent.empty(); at += second) {
        ++b.traffic.data_sent;
        b.run_until(at);
        std::erase_if(b.sent, [](const Send& packet) { return packet.epoch != 0; });
    }
    a.get(b.last_sent().value(), at);
    EXPECT_TRUE(a.held.contains(3));
}

// --- rule 7 ---

TEST_F(KeyExchangeRules, count_a_wrong_mac_and_do_nothing_else) {
    const Send offer = offer_of(a, start);
    const auto changed = [](const Send& packet, std::size_t byte) {
        std::vector<std::uint8_t> bytes(packet.message.bytes().begin(),
                                        packet.message.bytes().end());
        bytes[byte] ^= 1U;
        return Send{packet.epoch, KeyMessageBytes(bytes)};
    };
    for (std::size_t byte = 0; byte < offer.message.bytes().size(); ++byte) {
        b.get(changed(offer, byte), start);
    }
    EXPECT_THAT(b.held, IsEmpty());
    EXPECT_THAT(b.sent, IsEmpty());
    EXPECT_EQ(b.generation, 0U);
    EXPECT_EQ(refused(b, KeyRefusal::wrong_mac), 56U);

    b.get(offer, start);
    const Send accept = b.last_sent().value();
    for (std::size_t byte = 0; byte < accept.message.bytes().size(); ++byte) {
        a.get(changed(accept, byte), start);
    }
    EXPECT_EQ(a.machine.state(), KeyState::offering);
    EXPECT_EQ(a.generation, 0U);
    a.get(accept, start);
    const Send confirm = a.last_sent().value();
    for (std::size_t byte = 0; byte < confirm.message.bytes().size(); ++byte) {
        b.get(changed(confirm, byte), start);
    }
    EXPECT_FALSE(b.disk->exchange->agreed);
    b.get(confirm, start);
    EXPECT_TRUE(b.disk->exchange->agreed);
}

TEST_F(KeyExchangeRules, refuse_their_own_messages_mirrored) {
    const Send offer = offer_of(a, start);
    a.get(offer, start);
    EXPECT_EQ(refused(a, KeyRefusal::wrong_mac), 1U);
}

TEST_F(KeyExchangeRules, stay_at_epoch_0_with_key_exchange_off) {
    auto settings = test::usual_settings(true);
    settings.method = KeyMethod::off;
    ExchangeGateway off(settings, crypto, start);
    off.carry(start);
    off.get(offer_of(a, start), start);
    EXPECT_EQ(off.machine.next_deadline(), std::nullopt);
    off.tick(start + 100 * second);
    EXPECT_THAT(off.sent, IsEmpty());
    EXPECT_EQ(refused(off, KeyRefusal::switched_off), 1U);
    EXPECT_EQ(off.machine.epoch(), 0U);
}

TEST_F(KeyExchangeRules, refuse_the_other_kind) {
    auto settings = test::usual_settings(true);
    settings.method = KeyMethod::wrap;
    ExchangeGateway wrapping(settings, crypto, start);
    wrapping.get(offer_of(a, start), start);
    EXPECT_EQ(refused(wrapping, KeyRefusal::other_kind), 1U);
}

TEST_F(KeyExchangeRules, refuse_a_public_key_that_gives_no_secret) {
    PublicKey zeros{};
    const auto keys = crypto.derive(a.settings.key, {a.settings.own, a.settings.peer});
    b.get({0, make_key_message(
                  crypto, {KeyMethod::x25519, 1, static_cast<std::uint32_t>(start / second + 30)},
                  KeyStep::offer, zeros, keys.mac, std::nullopt)},
          start);
    EXPECT_EQ(refused(b, KeyRefusal::bad_body), 1U);
    EXPECT_THAT(b.held, IsEmpty());
}

// --- what is saved, and clocks ---

TEST_F(KeyExchangeRules, begin_again_at_epoch_0_with_another_configured_key) {
    const std::int64_t now = reach_epoch_1();
    a.settings.key = test::session_key(0x78);
    a.restart(now);
    EXPECT_FALSE(a.restored);
    EXPECT_EQ(a.machine.epoch(), 0U);
    EXPECT_THAT(a.held, IsEmpty());
}

TEST_F(KeyExchangeRules, follow_a_clock_that_is_set_back) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    b.get(a.last_sent().value(), start);
    const std::int64_t yesterday = start - 86400 * second;
    a.tick(yesterday);
    b.tick(yesterday);
    EXPECT_EQ(a.send_epoch, 1U) << "the change time says nothing any more, and both have the key";
    EXPECT_EQ(b.send_epoch, 1U);
    EXPECT_LE(*a.machine.next_deadline(), yesterday + 20 * second);
}

TEST_F(KeyExchangeRules, know_change_times_beyond_32_bits) {
    const std::int64_t in_2106 = (std::int64_t{1} << 32) * second - 10 * second;
    ExchangeGateway one(test::usual_settings(), crypto, in_2106, 1);
    ExchangeGateway two(test::usual_settings(true), crypto, in_2106, 2);
    one.carry(in_2106);
    change(one, two, in_2106);
    EXPECT_EQ(one.send_epoch, 1U);
    EXPECT_EQ(two.send_epoch, 1U);
    EXPECT_EQ(two.machine.facts(in_2106 + 100 * second).age, 70);
}

// --- the published exchanges ---

class PublishedExchanges : public testing::Test {
protected:
    // A gateway at the epoch before the vector's.
    ExchangeGateway gateway(const test::ExchangeVector& vector, bool initiator,
                            std::int64_t changed_at) {
        KeyExchangeSettings settings = test::usual_settings();
        settings.method = vector.kind;
        settings.own = initiator ? vector.initiator : vector.responder;
        settings.peer = initiator ? vector.responder : vector.initiator;
        settings.rekey_window = 0;
        ExchangeGateway made(settings, crypto, now(vector));
        made.services->scripted.emplace_back(initiator ? vector.initiator_private
                                                       : vector.responder_private);
        if (vector.kind == KeyMethod::wrap) {
            const auto key = vector.new_key.bytes();
            made.services->scripted.emplace_back(key.begin(), key.end());
            made.services->scripted.pop_front();
        }
        made.disk = SavedKeys{.fingerprint = crypto.fingerprint(settings.key),
                              .current = {vector.epoch - 1, changed_at, vector.old_key}};
        made.restart(now(vector));
        return made;
    }
    static std::int64_t now(const test::ExchangeVector& vector) {
        return (std::int64_t{vector.change_time} - 30) * second;
    }
    static test::Octets octets(const std::optional<Send>& packet) {
        const auto bytes = packet.value().message.bytes();
        return {bytes.begin(), bytes.end()};
    }

    OpensslExchangeCrypto crypto;
};

TEST_F(PublishedExchanges, are_what_an_initiator_sends) {
    for (const test::ExchangeVector& vector : test::exchange_vectors()) {
        const std::int64_t at = now(vector);
        ExchangeGateway it = gateway(vector, true, at / second - 86400);
        it.tick(at);
        EXPECT_EQ(it.sent.at(0).epoch, vector.epoch - 1);
        EXPECT_EQ(octets(it.last_sent()), vector.offer);
        it.get({vector.epoch - 1, KeyMessageBytes(vector.accept)}, at + second);
        EXPECT_EQ(octets(it.last_sent()), vector.confirm);
        EXPECT_EQ(it.held.at(vector.epoch), vector.new_key);
        it.run_until(std::int64_t{vector.change_time} * second);
        EXPECT_EQ(it.send_epoch, vector.epoch);
    }
}

TEST_F(PublishedExchanges, are_what_a_responder_answers_and_takes) {
    for (const test::ExchangeVector& vector : test::exchange_vectors()) {
        const std::int64_t at = now(vector);
        ExchangeGateway it = gateway(vector, false, at / second - 100);
        it.get({vector.epoch - 1, KeyMessageBytes(vector.offer)}, at);
        EXPECT_EQ(octets(it.last_sent()), vector.accept);
        EXPECT_EQ(it.held.at(vector.epoch), vector.new_key);
        it.get({vector.epoch - 1, KeyMessageBytes(vector.confirm)}, at + second);
        it.run_until(std::int64_t{vector.change_time} * second);
        EXPECT_EQ(it.send_epoch, vector.epoch);
    }
}

} // namespace
} // namespace mt6d
