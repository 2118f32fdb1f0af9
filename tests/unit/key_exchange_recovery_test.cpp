// SPDX-License-Identifier: BSD-3-Clause
// Recovery, and what must have no effect (docs/protocol.md, 9, rules 6 and 7), as truth tables.
#include "tests/unit/key_exchange_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace mt6d {
namespace {

using key_action::Send;
using test::ExchangeGateway;
using test::KeyExchangeRules;
using test::second;
using testing::IsEmpty;
using testing::SizeIs;

// With a bit of this byte turned round.
Send changed(const Send& packet, std::size_t byte) {
    std::vector<std::uint8_t> bytes(packet.message.bytes().begin(), packet.message.bytes().end());
    bytes[byte] ^= 1U;
    return {packet.epoch, KeyMessageBytes(bytes)};
}

// --- rule 6 ---

TEST_F(KeyExchangeRules, notice_a_lost_peer_after_the_time_and_two_looks_at_the_latest) {
    const std::int64_t now = reach_epoch_1();
    for (std::int64_t offset = 0; offset < 3 * second; offset += second / 10) {
        ExchangeGateway gateway(test::usual_settings(), crypto, now);
        gateway.disk = a.disk;
        gateway.restart(now);
        gateway.run_until(now + offset, true);
        for (std::int64_t at = now + offset; gateway.sent.empty(); at += second / 10) {
            ++gateway.traffic.data_sent;
            gateway.run_until(at);
            ASSERT_LE(at, now + offset + 33 * second);
        }
        EXPECT_GE(gateway.sent_at[0], now + offset + 30 * second);
        EXPECT_LE(gateway.sent_at[0], now + offset + 32 * second);
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

TEST_F(KeyExchangeRules, take_a_renewed_offer_of_recovery_at_once) {
    const std::int64_t now = reach_epoch_1();
    b.disk.reset();
    b.restart(now);
    std::vector<Send> offers;
    std::int64_t at = now;
    while (offers.size() < 6) { // five of the first, then one of the second
        at += second;
        ++a.traffic.data_sent;
        a.run_until(at);
        for (const Send& packet : a.take_sent()) {
            offers.push_back(packet);
            if (offers.size() == 5) {
                b.get(packet, at); // the accept is lost
            }
        }
    }
    ASSERT_NE(offers[5].message, offers[4].message);
    b.take_sent();
    b.get(offers[5], at);
    a.get(b.last_sent().value(), at);
    EXPECT_EQ(a.held.at(2), b.held.at(2));
}

// --- rule 7 ---

TEST_F(KeyExchangeRules, count_a_wrong_mac_and_do_nothing_else) {
    const Send offer = offer_of(a, start);
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

TEST_F(KeyExchangeRules, take_a_repeated_accept_only_if_each_bit_and_the_route_are_the_same) {
    b.get(offer_of(a, start), start);
    const Send accept = b.last_sent().value();
    a.get(accept, start);
    a.get(accept, start + second);
    EXPECT_EQ(a.machine.facts(start).last_refusal, std::nullopt);
    a.run_until(start + lead); // at epoch 1, which nothing was heard of
    a.get(accept, start + lead);
    EXPECT_EQ(a.machine.facts(start).last_refusal, std::nullopt);
    for (std::size_t byte = 0; byte < accept.message.bytes().size(); ++byte) {
        a.get(changed(accept, byte), start + lead);
    }
    EXPECT_EQ(refused(a, KeyRefusal::wrong_mac), 48U); // of body and mac
    EXPECT_EQ(refused(a, KeyRefusal::unexpected), 8U); // of epoch and change time
    a.get({1, accept.message}, start + lead);
    EXPECT_EQ(refused(a, KeyRefusal::unexpected), 9U);
    EXPECT_EQ(a.machine.state(), KeyState::confirming) << "none was heard of epoch 1";
    EXPECT_EQ(a.machine.facts(start + lead).previous_epoch, 0U);
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

TEST_F(KeyExchangeRules, notice_with_their_next_look_that_the_clock_was_set_back) {
    const std::int64_t now = reach_epoch_1();
    const std::int64_t due = *a.machine.next_deadline();
    a.run_until(now + 1000 * second); // nothing happens
    a.observe(now - 200'000 * second);
    EXPECT_LE(*a.machine.next_deadline(), now - 200'000 * second + 86430 * second);
    a.observe(now - 199'999 * second);
    a.observe(now + 1000 * second); // and forwards: what was due is due
    EXPECT_LE(*a.machine.next_deadline(), due);
}

TEST_F(KeyExchangeRules, have_nothing_due_while_nothing_happens_but_the_next_change) {
    EXPECT_EQ(a.machine.next_deadline(), std::nullopt);
    a.observe(start + 1000 * second);
    EXPECT_EQ(a.machine.next_deadline(), std::nullopt);

    const std::int64_t now = reach_epoch_1();
    const auto next_change = a.machine.facts(now).next_change;
    EXPECT_EQ(a.machine.next_deadline(), next_change);
    ++a.traffic.data_sent;
    a.observe(now + 100 * second);
    EXPECT_EQ(a.machine.next_deadline(), now + 130 * second) << "an answer is owed";
    ++a.traffic.heard_current;
    a.observe(now + 101 * second);
    EXPECT_EQ(a.machine.next_deadline(), next_change);

    a.run_until(*next_change, true); // an offer, which is repeated
    EXPECT_EQ(a.machine.next_deadline(), *next_change + second);
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

} // namespace
} // namespace mt6d
