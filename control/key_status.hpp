// SPDX-License-Identifier: BSD-3-Clause
// What other threads may know of a stream's key exchange. Written by control, read by any thread:
// each number by itself.
#pragma once

#include "control/exchange/key_refusal.hpp"

#include <mt6d/wire.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace mt6d {

struct KeyStatus {
    std::atomic<bool> exchanged{false}; // else the rest says nothing
    std::atomic<std::uint32_t> epoch{0};
    std::atomic<KeyState> state{KeyState::idle};
    std::atomic<bool> peer_lost{false};
    std::atomic<std::int64_t> begun{0};       // the epoch, Unix seconds; 0: epoch 0
    std::atomic<std::int64_t> next_change{0}; // Unix seconds; 0: none is planned
    std::atomic<std::uint32_t> changes{0};
    std::atomic<std::uint32_t> recoveries{0};
    std::atomic<std::uint32_t> given_up{0};
    std::array<std::atomic<std::uint32_t>, key_refusal_count> refused{}; // messages, by KeyRefusal
};

} // namespace mt6d
