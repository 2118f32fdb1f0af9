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

// Congestion marks of the inner packet on the outer one (RFC 6040, 4.1), and its DSCP where that is
// configured, with the template's label.
inline be32_t outer_class_and_label(const StreamContext& stream, const RouteSlot& slot,
                                    const FrameView& inner) {
    const std::uint8_t shown =
        inner.ipv6->traffic_class() & stream.class_mask.load(std::memory_order_relaxed);
    return be32_t(slot.ipv6.class_and_label.value() | std::uint32_t{shown} << 20U);
}

// Writes Ethernet and IPv6 header but for the Ethernet destination; returns what follows. Field by
// field: what is put together elsewhere first would stall on its way to the packet.
inline std::uint8_t* put_outer(std::uint8_t* at, const MacAddress& source, const RouteSlot& slot,
                               be32_t class_and_label, std::uint16_t payload_length,
                               std::uint8_t next_header) {
    at = put(at + sizeof(MacAddress), source);
    at = put(at, be16_t(ether_type::ipv6));
    put(at + offsetof(Ipv6Header, class_and_label), class_and_label);
    put(at + offsetof(Ipv6Header, payload_length), be16_t(payload_length));
    put(at + offsetof(Ipv6Header, next_header), next_header);
    put(at + offsetof(Ipv6Header, hop_limit), slot.ipv6.hop_limit);
    put(at + offsetof(Ipv6Header, source), slot.ipv6.source);
    put(at + offsetof(Ipv6Header, destination), slot.ipv6.destination);
    return at + sizeof(Ipv6Header);
}

// `clear` begins with this.
inline ClearHeader clear_header(const Ipv6Header& inner) {
    return {inner.class_and_label, inner.payload_length, inner.next_header, inner.hop_limit};
}

inline be16_t destination_port(const StreamContext& stream) {
    return be16_t(static_cast<std::uint16_t>(stream.base_port
                                             + stream.key_state.load(std::memory_order_relaxed)));
}

// The checksum field of the tunnel packet. `payload_sum`: of what follows the UDP header.
inline be16_t outer_checksum(const RouteSlot& slot, be16_t port, std::uint16_t udp_length,
                             std::uint64_t payload_sum) {
    // Length stands in the pseudo header and in the UDP header.
    const std::uint16_t sum = fold(std::uint64_t{slot.partial_sum} + summand(port)
                                   + 2U * summand(udp_length) + payload_sum);
    // A computed checksum of zero is sent as all ones (RFC 8200, 8.1).
    return checksum_field(sum == 0xffff ? 0 : sum);
}

// The MAC from a register: four bytes, then two.
inline void set_ethernet_destination(rte_mbuf* packet, const Adjacency::Value& next_hop) {
    const std::uint64_t word = next_hop.word();
    const auto first = static_cast<std::uint32_t>(word);
    const auto rest = static_cast<std::uint16_t>(word >> 32U);
    put(put(rte_pktmbuf_mtod(packet, std::uint8_t*), first), rest);
}

} // namespace mt6d::dataplane
