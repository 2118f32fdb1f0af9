// SPDX-License-Identifier: BSD-3-Clause
// What of a stream's keys must survive the process (docs/protocol.md, 9, rule 3), and its form as
// bytes. The file around it, its checksum and its fsync are somebody else's. Holds no ephemeral
// private key: an offer that nobody accepted dies with the process, and who accepts needs none any
// more.
#pragma once

#include "control/exchange/key_message.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace mt6d {

// A session key and its epoch. Epoch 0's is the configured one and does not stand here.
struct EpochKey {
    std::uint32_t epoch = 0;
    std::int64_t change_time = 0; // Unix seconds; 0 for epoch 0
    config::SessionKey key;

    friend bool operator==(const EpochKey&, const EpochKey&) = default;
};

enum class KeyRole : std::uint8_t { initiator = 1, responder };

// An exchange from its accept to its change.
struct SavedExchange {
    KeyRole role = KeyRole::initiator;
    bool agreed = false;    // both have the key: initiator always, responder once it was confirmed
    std::uint32_t base = 0; // the epoch on whose routes the messages travel
    EpochKey next;
    KeyMessageBytes offer;  // responder alone: what came
    KeyMessageBytes answer; // accept or confirm: what is sent for it, byte for byte

    friend bool operator==(const SavedExchange&, const SavedExchange&) = default;
};

struct SavedKeys {
    std::array<std::uint8_t, 32> fingerprint{}; // of the configured key
    EpochKey current;
    std::optional<EpochKey> previous{};
    std::optional<SavedExchange> exchange{};

    friend bool operator==(const SavedKeys&, const SavedKeys&) = default;
};

using SavedKeysBytes = std::vector<std::uint8_t>; // to be wiped by whoever has it

// At most this many bytes.
inline constexpr std::size_t largest_saved_keys = 512;

[[nodiscard]] SavedKeysBytes encode(const SavedKeys& keys);
// The error says what is wrong with the bytes, and repeats none of them.
Result<SavedKeys> decode_saved_keys(std::span<const std::uint8_t> bytes);

} // namespace mt6d
