// SPDX-License-Identifier: BSD-3-Clause
// What a KeyExchange has only while something is under way. For key_exchange*.cpp alone.
#pragma once

#include "control/exchange/key_exchange.hpp"

#include <algorithm>
#include <bit>

namespace mt6d {

struct KeyExchange::Offer {
    KeyMessageBytes message;
    std::uint32_t epoch = 0;
    std::uint32_t base = 0;       // on whose routes it travels, and whose key it builds on
    std::int64_t change_time = 0; // Unix seconds
    PrivateKey private_key;       // x25519
    config::SessionKey key;       // wrap: the one it offers
    bool answering = false;       // only sent when a lost peer asks
    std::int64_t retry_at = never;
    std::int64_t retry_ns = first_retry_ns;
};

struct KeyExchange::Exchange {
    SavedExchange saved;          // its key is wiped when it is in use
    KeyMessageBytes accept;       // initiator: what was taken, in this life of the process
    std::uint64_t generation = 0; // must be on disk before the next step
    bool held = false;
    bool changed = false;   // its key is in use
    bool heard = false;     // a packet opened with its key
    bool asked = false;     // a confirm came: it is answered on the new routes
    bool clock_set = false; // back, since: the change time says nothing any more
    std::int64_t repeat_at = never;
    std::int64_t repeat_ns = first_retry_ns;

    [[nodiscard]] bool initiator() const { return saved.role == KeyRole::initiator; }
    [[nodiscard]] bool is_of(const KeyMessage& message) const {
        return message.epoch == saved.next.epoch
               && message.change_time == static_cast<std::uint32_t>(saved.next.change_time);
    }
};

struct KeyExchange::Incoming {
    const KeyMessage* message;
    std::uint32_t route;
    std::int64_t change_time; // Unix seconds, all 64 bits
};

namespace key_exchange {

constexpr std::int64_t ns(std::int64_t seconds) {
    return seconds * nanoseconds_per_second;
}
constexpr std::int64_t whole_seconds_up(std::int64_t ns) {
    return (ns + nanoseconds_per_second - 1) / nanoseconds_per_second;
}
// The Unix time nearest to now that has these lower 32 bits: 2106 is a year like any other.
constexpr std::int64_t full_time(std::uint32_t low, std::int64_t now) {
    const std::int64_t seconds = now / nanoseconds_per_second;
    return seconds + static_cast<std::int32_t>(low - static_cast<std::uint32_t>(seconds));
}
// The public keys of an exchange with these two messages; none for wrap.
inline std::optional<PublicKeys> public_keys(const KeyMessage& offer, const KeyMessage& accept) {
    if (offer.kind != KeyMethod::x25519) {
        return std::nullopt;
    }
    return PublicKeys{offer.public_key(), accept.public_key()};
}

} // namespace key_exchange

} // namespace mt6d
