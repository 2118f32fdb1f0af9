// SPDX-License-Identifier: BSD-3-Clause
// The state machine as initiator and as responder of the published exchanges
// (tests/vectors/key_exchange.json), byte for byte.
#include "control/exchange/openssl_exchange_crypto.hpp"
#include "tests/unit/key_exchange_support.hpp"
#include "tests/unit/key_exchange_vectors.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace mt6d {
namespace {

using key_action::Send;
using test::ExchangeGateway;
using test::second;

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
