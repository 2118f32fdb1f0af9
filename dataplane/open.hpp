// SPDX-License-Identifier: BSD-3-Clause
// An encrypted tunnel packet becomes `clear` (docs/protocol.md, section 6) in two halves: what has
// to fit before the cipher runs over the burst, and the replay window after it.
#pragma once

#include "dataplane/crypto.hpp"

#include <mt6d/parse.hpp>
#include <mt6d/stream.hpp>

#include <cstdint>
#include <optional>

namespace mt6d::dataplane {

// A packet between the two halves of opening.
struct Opening {
    const RouteContext* route = nullptr;
    FrameView outer;
    std::uint64_t number = 0; // aes-256-gcm
    std::uint8_t pad = 0;     // aes-256-cbc
    bool has_key_option = false;
};

// First half: fills `job` and `opening`. `tunnel` is what check_outer() made of `packet`; `active`
// the route's active salt. A number that was accepted before is refused here, at no cost.
std::optional<Reason> prepare_open(rte_mbuf* packet, const FrameView& outer,
                                   const TunnelView& tunnel, const RouteContext& route, Salt active,
                                   CryptoJob& job, Opening& opening);

// Second half, after `job` was run: `clear`, accepted once.
Parsed<Bytes> finish_open(const CryptoJob& job, const Opening& opening);

// aes-256-gcm, where a packet was accepted: `now`, in cycles.
void note_salt(const RouteContext& route, std::uint64_t now, PeerClock& clock);

} // namespace mt6d::dataplane
