// SPDX-License-Identifier: BSD-3-Clause
// What there is to say of a stream at one moment: a copy that any thread may keep. No key is in it.
#pragma once

#include "control/config/config.hpp"
#include "control/exchange/key_exchange.hpp"
#include "control/peer_offset.hpp"

#include <mt6d/reason.hpp>
#include <mt6d/salt.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace mt6d {

enum class StreamState : std::uint8_t {
    unheard,  // nothing came from the peer yet
    up,       // the peer was heard a moment ago
    idle,     // neither end has sent for a while
    silent,   // sends, and hears nothing
    disabled, // by the operator
};

struct StreamFacts {
    std::string name;
    config::Host local;
    config::Host remote;
    config::StreamOptions options;
    std::uint16_t worker = 0;
    StreamState state = StreamState::unheard;
    Salt salt = 0;                           // the active one
    std::int64_t next_rotation_ns = 0;       // until then
    std::optional<std::int64_t> heard_ago;   // seconds
    std::optional<std::int64_t> sent_ago;    // likewise
    std::optional<std::int64_t> dropped_ago; // likewise
    std::uint32_t path_mtu = 0;              // bytes of the largest tunnel packet
    std::uint32_t inner_mtu = 0;             // bytes of the largest packet of a host
    std::optional<KeyFacts> keys;            // none: the configured key is never replaced
    std::optional<std::int64_t> next_change; // of these: seconds until then
    std::optional<PeerOffset> peer_offset;
    // Why the last dropped packet was: from the host, from the network.
    std::array<std::optional<Reason>, 2> last_drop;
};

// max(3R, 30 s) of docs/protocol.md, section 9: who hears nothing for so long has lost its peer.
constexpr std::int64_t silence_limit_s(const config::StreamOptions& options) {
    return std::max<std::int64_t>(3 * std::int64_t{options.rotation}, 30);
}

} // namespace mt6d
