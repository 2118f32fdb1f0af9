// SPDX-License-Identifier: BSD-3-Clause
// The peer's gateway as far as key exchange goes: the real state machine on bob's side, with
// packets built from the text of the protocol.
#pragma once

#include "control/exchange/key_exchange.hpp"
#include "control/exchange/openssl_exchange_crypto.hpp"
#include "gateway_fixture.hpp"

#include <map>
#include <optional>
#include <random>
#include <vector>

namespace mt6d::test {

class KeyPeer final : KeyExchangeServices {
public:
    // `stream`: as the gateway under test has it.
    KeyPeer(const config::Stream& stream, std::int64_t now);

    // Its hosts have something to say: at epoch 0 it offers a key.
    void start(std::int64_t now);
    // A tunnel packet that left the gateway. The epoch on whose routes it came; none: nobody's.
    std::optional<std::uint32_t> hear(const Octets& packet, Salt salt, std::int64_t now);
    // What it sends: since the last call, and of its own accord by now.
    std::vector<Octets> take_sent(Salt salt, std::int64_t now);
    // A data packet of bob's, as its gateway sends it.
    Octets data(const Octets& inner, Salt salt);
    // A control packet with that key option on the routes of an epoch.
    Octets control(std::uint32_t epoch, Salt salt, const Octets& key_option);

    [[nodiscard]] std::uint32_t epoch() const { return sending_; }
    [[nodiscard]] const config::Stream& stream(std::uint32_t epoch) const {
        return streams_.at(epoch);
    }
    [[nodiscard]] bool has(std::uint32_t epoch) const { return streams_.contains(epoch); }
    // Messages that it made, in their order.
    [[nodiscard]] const std::vector<Octets>& messages() const { return messages_; }

private:
    void random(std::span<std::uint8_t> bytes) override;
    bool may_start() override { return true; }
    void carry_out(std::int64_t now);
    Octets in_tunnel(std::uint32_t epoch, Salt salt, const Octets& inner, const Octets& key_option);

    OpensslExchangeCrypto crypto_;
    std::mt19937 random_{1};
    std::map<std::uint32_t, config::Stream> streams_; // by epoch: with its key
    std::map<std::uint32_t, std::uint64_t> heard_;
    std::uint32_t sending_ = 0;
    std::uint64_t data_sent_ = 0;
    std::uint64_t number_ = 1ULL << 60U; // of aes-256-gcm: grows over all keys
    KeyActions actions_;
    std::vector<key_action::Send> to_send_;
    std::vector<Octets> messages_;
    std::optional<KeyExchange> exchange_;
};

// The key option's data in a tunnel packet; none if there is none.
std::optional<Octets> key_option_of(const Octets& packet);

} // namespace mt6d::test
