// SPDX-License-Identifier: BSD-3-Clause
// What a stream's key exchange wants done. The caller does it in this order, each before the next:
// a key is held before the packet is sent that tells the peer to use it.
#pragma once

#include "control/exchange/saved_keys.hpp"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace mt6d {

namespace key_action {

// A control packet on the routes of `epoch`, with a key option if the message is not empty.
struct Send {
    std::uint32_t epoch = 0;
    KeyMessageBytes message;
};
// Receive on the routes of this key from now on. One of the same epoch that is still held was
// dropped before.
struct HoldKey {
    std::uint32_t epoch = 0;
    config::SessionKey key;
};
// Send on the routes of this epoch from now on: the key is held, or the epoch is 0.
struct SendOn {
    std::uint32_t epoch = 0;
    // How it came to that; none: it was so before a restart.
    struct Change {
        bool offered_here = false; // else the peer offered it
        bool recovery = false;     // rule 6
    };
    std::optional<Change> change{};
};
// Neither send nor receive with it any more, and wipe it. Epoch 0's stays, for key exchange alone.
struct DropKey {
    std::uint32_t epoch = 0;
};
// To disk, in place of what was there; then persisted() with this number or a later one.
struct Persist {
    std::uint64_t generation = 0;
    SavedKeys keys;
};

} // namespace key_action

using KeyAction = std::variant<key_action::Send, key_action::HoldKey, key_action::SendOn,
                               key_action::DropKey, key_action::Persist>;
using KeyActions = std::vector<KeyAction>;

} // namespace mt6d
