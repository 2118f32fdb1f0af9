// SPDX-License-Identifier: BSD-3-Clause
// Offer, accept and confirm: the key option's data (docs/protocol.md, section 9). Bytes become a
// KeyMessage in parse_key_message() alone; make_*() are its reverse.
#pragma once

#include "control/exchange/exchange_crypto.hpp"
#include "control/exchange/key_refusal.hpp"

#include <mt6d/wire.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace mt6d {

// A message as it lies in the option; empty: none.
class KeyMessageBytes {
public:
    KeyMessageBytes() = default;
    // Precondition: at most key_message::largest.
    explicit KeyMessageBytes(std::span<const std::uint8_t> bytes) { append(bytes); }

    void append(std::span<const std::uint8_t> bytes) {
        std::copy(bytes.begin(), bytes.end(), bytes_.begin() + size_);
        size_ = static_cast<std::uint8_t>(size_ + bytes.size());
    }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

    friend bool operator==(const KeyMessageBytes&, const KeyMessageBytes&) = default;

private:
    std::array<std::uint8_t, key_message::largest> bytes_{}; // zeros behind the message
    std::uint8_t size_ = 0;
};

// A view of bytes that somebody else keeps.
struct KeyMessage {
    KeyMethod kind = KeyMethod::off;
    KeyStep step = KeyStep::offer;
    std::uint32_t epoch = 0;
    std::uint32_t change_time = 0; // Unix seconds, their lower 32 bits
    std::span<const std::uint8_t> body;
    std::span<const std::uint8_t> before_mac;
    std::span<const std::uint8_t> mac; // key_message::mac_size bytes

    // Precondition: the body is one.
    [[nodiscard]] PublicKey public_key() const;
};

std::variant<KeyMessage, KeyRefusal> parse_key_message(std::span<const std::uint8_t> bytes);
// For bytes that parsed before.
KeyMessage view_key_message(const KeyMessageBytes& bytes);

// Both public keys of an x25519 exchange, which the macs of accept and confirm cover.
struct PublicKeys {
    PublicKey initiator{};
    PublicKey responder{};
};

// What all three messages of an exchange say alike.
struct KeyMessageSubject {
    KeyMethod kind = KeyMethod::off;
    std::uint32_t epoch = 0;
    std::uint32_t change_time = 0;
};

// `mac_key`: K_mac of the sender's direction and the session key that the message calls for. `keys`
// for x25519 alone, and not for offers.
KeyMessageBytes make_key_message(ExchangeCrypto& crypto, const KeyMessageSubject& subject,
                                 KeyStep step, std::span<const std::uint8_t> body,
                                 const SecretBytes<32>& mac_key,
                                 const std::optional<PublicKeys>& keys);
bool has_right_mac(ExchangeCrypto& crypto, const KeyMessage& message,
                   const SecretBytes<32>& mac_key, const std::optional<PublicKeys>& keys);

} // namespace mt6d
