// SPDX-License-Identifier: BSD-3-Clause
// What the truth tables of key exchange begin with: two gateways, a and b, at epoch 0.
#pragma once

#include "tests/unit/key_exchange_support.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace mt6d::test {

// Two gateways, and messages that a test carries by hand.
class KeyExchangeRules : public testing::Test {
protected:
    static constexpr std::int64_t start = exchange_start;
    static constexpr std::int64_t lead = 30 * second;

    static KeyMessage said(const key_action::Send& packet) {
        return view_key_message(packet.message);
    }
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
        for (const key_action::Send& packet : responder.take_sent()) {
            initiator.get(packet, time);
        }
        for (const key_action::Send& packet : initiator.take_sent()) {
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
    key_action::Send offer_of(ExchangeGateway& gateway, std::int64_t now) {
        gateway.carry(now);
        return gateway.last_sent().value();
    }

    CheapExchangeCrypto crypto;
    ExchangeGateway a{usual_settings(), crypto, start, 1};
    ExchangeGateway b{usual_settings(true), crypto, start, 2};
};

} // namespace mt6d::test
