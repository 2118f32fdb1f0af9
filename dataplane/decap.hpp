// SPDX-License-Identifier: BSD-3-Clause
// A tunnel packet becomes the inner packet again (docs/protocol.md, section 6).
#pragma once

#include <mt6d/parse.hpp>
#include <mt6d/stream.hpp>

struct rte_mbuf;

namespace mt6d::dataplane {

// Live are routes from active - (L/R - 1) to active + 1 (section 3); the table holds some more.
inline std::optional<Reason> refuse_salt(const RouteContext& route, Salt active) {
    if (route.salt + route.live_before < active) [[unlikely]] {
        return Reason::route_expired;
    }
    if (route.salt > active + 1) [[unlikely]] {
        return Reason::route_early;
    }
    return std::nullopt;
}

// The rules of the outer headers. `packet` is asked only for what its port says of the checksum.
Parsed<TunnelView> check_outer(const rte_mbuf* packet, const FrameView& outer,
                               const RouteContext& route);

// What a tunnel packet holds, checked to the last rule.
struct Opened {
    const ClearHeader* clear = nullptr;
    Bytes payload; // of the inner packet
    std::uint8_t traffic_class = 0;
};

// The rules of what was encrypted, or never was: `clear` (section 6).
Parsed<Opened> check_inner(Bytes clear, const FrameView& outer, bool has_key_option);

// Turns the frame in `packet` into the inner packet's frame for the host. `opened` is of this
// packet.
void decapsulate(rte_mbuf* packet, const Opened& opened, const RouteContext& route,
                 const MacAddress& source);

// Traffic class of the inner packet by what both headers say of congestion (RFC 6040, 4.2);
// congestion_marked where it cannot be told to the inner one.
Parsed<std::uint8_t> merge_congestion(std::uint8_t inner_class, std::uint8_t outer_class);

} // namespace mt6d::dataplane
