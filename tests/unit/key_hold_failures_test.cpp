// SPDX-License-Identifier: BSD-3-Clause
// Keys that a gateway cannot hold (no room in its crypto device): the exchange is given up, the old
// key stays in use, and nobody ever sends with the new one.
#include "tests/unit/key_exchange_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace mt6d {
namespace {

using test::ExchangeGateway;
using test::KeyExchangeRules;
using test::second;
using testing::IsEmpty;

class KeyHoldFailures : public KeyExchangeRules {
protected:
    // As the driver does it: what the list wanted sent after the key is left out.
    static void fail(ExchangeGateway& gateway, std::uint32_t epoch, std::int64_t now) {
        gateway.held.erase(epoch);
        gateway.machine.hold_failed(epoch, now, gateway.actions);
        gateway.tick(now); // carries it out
    }
};

TEST_F(KeyHoldFailures, of_a_responder_leave_it_on_the_old_key_and_ready_for_another) {
    const key_action::Send offer = offer_of(a, start);
    b.get(offer, start);
    b.take_sent();
    fail(b, 1, start);
    EXPECT_EQ(b.machine.epoch(), 0U);
    EXPECT_EQ(b.machine.next_epoch(), std::nullopt);
    EXPECT_FALSE(b.disk.value().exchange) << "a restart does not go on with it";
    EXPECT_EQ(b.machine.state(), KeyState::idle);
    b.run_until(start + lead + second);
    EXPECT_EQ(b.send_epoch, 0U);
    // The same offer again: there may be room by now.
    b.get(offer, start + 2 * second);
    EXPECT_EQ(said(b.last_sent().value()).step, KeyStep::accept);
    EXPECT_TRUE(b.held.contains(1));
}

TEST_F(KeyHoldFailures, of_an_initiator_end_its_offer_and_another_is_made_later) {
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    a.take_sent();
    fail(a, 1, start);
    EXPECT_EQ(a.machine.facts(start).given_up, 1U);
    a.run_until(start + lead - second);
    EXPECT_THAT(a.take_sent(), IsEmpty()) << "no confirm, and no offer at once";
    a.run_until(start + 2 * lead);
    EXPECT_EQ(said(a.last_sent().value()).step, KeyStep::offer);
    EXPECT_EQ(a.send_epoch, 0U);
    EXPECT_EQ(a.machine.epoch(), 0U);
}

// The disk was so slow that the key is held only when it is to be used.
TEST_F(KeyHoldFailures, at_the_change_time_take_the_change_back) {
    a.disk_works = false;
    b.get(offer_of(a, start), start);
    a.get(b.last_sent().value(), start);
    a.run_until(start + lead + second);
    a.machine.persisted(a.generation, start + lead + second, a.actions);
    ASSERT_EQ(a.machine.epoch(), 1U);
    a.actions.clear();
    a.disk_works = true;
    fail(a, 1, start + lead + second);
    EXPECT_EQ(a.machine.epoch(), 0U);
    EXPECT_EQ(a.machine.facts(start + lead + second).changes, 0U);
    EXPECT_EQ(a.disk.value().current.epoch, 0U);
    EXPECT_FALSE(a.disk.value().exchange);
}

TEST_F(KeyHoldFailures, at_a_restart_leave_a_stream_without_state_which_heals) {
    std::int64_t now = reach_epoch_1();
    a.machine = KeyExchange(a.settings, *a.services, crypto, now);
    a.held.clear();
    a.send_epoch = 0;
    ASSERT_TRUE(a.machine.restore(*a.disk, now, a.actions));
    a.actions.clear();
    fail(a, 1, now);
    EXPECT_EQ(a.machine.epoch(), 0U);
    EXPECT_EQ(a.disk.value().current.epoch, 0U);
    // Data from a reach nobody, data from b neither: one of them recovers.
    for (int i = 0; i < 150 && !(a.send_epoch == b.send_epoch && a.send_epoch > 1); ++i) {
        now += second;
        for (ExchangeGateway* gateway : {&a, &b}) {
            ++gateway->traffic.data_sent;
            gateway->carry(now);
            gateway->tick(now);
        }
        for (const auto& [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
            for (const key_action::Send& packet : from->take_sent()) {
                if (packet.epoch == 0 || to->held.contains(packet.epoch)) {
                    to->get(packet, now);
                }
            }
        }
    }
    EXPECT_EQ(a.send_epoch, 2U);
    EXPECT_EQ(b.send_epoch, 2U);
}

} // namespace
} // namespace mt6d
