// SPDX-License-Identifier: BSD-3-Clause
// An inner packet becomes a tunnel packet (docs/protocol.md, section 6).
#pragma once

#include "dataplane/packet.hpp"

#include <mt6d/parse.hpp>
#include <mt6d/stream.hpp>

namespace mt6d::dataplane {

// Sum of `clear` (section 6) of an inner packet, without touching its payload where the transport
// checksum tells what the payload sums up to. A wrong inner checksum makes a wrong outer one: the
// peer's gateway then drops what its host would have dropped.
std::uint16_t sum_clear(const FrameView& inner, std::uint16_t inner_pair_sum);

// Turns the frame `inner` in `packet` into the tunnel frame of `slot`, but for its Ethernet
// destination. False where the buffer has no room before the frame. Precondition: packet holds that
// frame and nothing else.
bool encapsulate(rte_mbuf* packet, const FrameView& inner, const StreamContext& stream,
                 const RouteSlot& slot, const MacAddress& source);

// The MAC from a register: four bytes, then two.
inline void set_ethernet_destination(rte_mbuf* packet, const Adjacency::Value& next_hop) {
    const std::uint64_t word = next_hop.word();
    const auto first = static_cast<std::uint32_t>(word);
    const auto rest = static_cast<std::uint16_t>(word >> 32U);
    put(put(rte_pktmbuf_mtod(packet, std::uint8_t*), first), rest);
}

} // namespace mt6d::dataplane
