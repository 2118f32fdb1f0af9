// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/encap.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

namespace mt6d::dataplane {
namespace {

constexpr std::size_t tcp_header_minimum = 20;
constexpr std::uint8_t ecn_mask = 3;

// Whether the payload's own checksum covers all of it: then payload and pseudo header sum up to
// all ones, as in the kernel's "local checksum offload".
bool checksummed_within(std::uint8_t next_header, Bytes payload) {
    switch (next_header) {
    case protocol::tcp:
        return payload.size() >= tcp_header_minimum;
    case protocol::udp: {
        const auto* udp = view_of<UdpHeader>(payload);
        return udp != nullptr && udp->checksum != be16_t(0)
               && udp->length.value() == payload.size();
    }
    case protocol::icmpv6:
        return payload.size() >= sizeof(Icmpv6Header);
    default:
        return false;
    }
}

ClearHeader clear_header(const Ipv6Header& inner) {
    return {inner.class_and_label, inner.payload_length, inner.next_header, inner.hop_limit};
}

} // namespace

std::uint16_t sum_clear(const FrameView& inner, std::uint16_t inner_pair_sum) {
    const Ipv6Header& ipv6 = *inner.ipv6;
    const std::uint64_t header = sum_bytes(
        {view_at<std::uint8_t>(reinterpret_cast<const std::uint8_t*>(&ipv6)), sizeof(ClearHeader)});
    const Bytes payload = inner.payload();
    if (!checksummed_within(ipv6.next_header, payload)) {
        return fold(header + sum_payload(payload));
    }
    const std::uint16_t pseudo_header =
        fold(std::uint64_t{inner_pair_sum}
             + sum_length_and_protocol(inner.payload_length, ipv6.next_header));
    return fold(header + static_cast<std::uint16_t>(~pseudo_header));
}

bool encapsulate(rte_mbuf* packet, const FrameView& inner, const StreamContext& stream,
                 const RouteSlot& slot, const MacAddress& source) {
    auto* at = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(packet, clear_overhead));
    if (at == nullptr) {
        return false;
    }
    const auto udp_length =
        static_cast<std::uint16_t>(sizeof(UdpHeader) + sizeof(ClearHeader) + inner.payload_length);
    const be16_t destination_port(static_cast<std::uint16_t>(
        stream.base_port + stream.key_state.load(std::memory_order_relaxed)));
    // Length stands in the pseudo header and in the UDP header.
    std::uint16_t sum = fold(std::uint64_t{slot.partial_sum} + summand(destination_port)
                             + 2U * summand(udp_length) + sum_clear(inner, stream.inner_pair_sum));
    if (sum == 0xffff) {
        sum = 0; // a computed checksum of zero is sent as all ones (RFC 8200, 8.1)
    }

    const ClearHeader clear = clear_header(*inner.ipv6);
    const std::uint8_t ecn = inner.ipv6->traffic_class() & ecn_mask; // RFC 6040, 4.1
    const be32_t class_and_label(slot.ipv6.class_and_label.value() | std::uint32_t{ecn} << 20U);

    // Field by field: what is put together elsewhere first would stall on its way to the packet.
    at += sizeof(MacAddress);
    at = put(at, source);
    at = put(at, be16_t(ether_type::ipv6));
    put(at + offsetof(Ipv6Header, class_and_label), class_and_label);
    put(at + offsetof(Ipv6Header, payload_length), be16_t(udp_length));
    put(at + offsetof(Ipv6Header, next_header), slot.ipv6.next_header);
    put(at + offsetof(Ipv6Header, hop_limit), slot.ipv6.hop_limit);
    put(at + offsetof(Ipv6Header, source), slot.ipv6.source);
    put(at + offsetof(Ipv6Header, destination), slot.ipv6.destination);
    at += sizeof(Ipv6Header);
    at = put(at, slot.source_port);
    at = put(at, destination_port);
    at = put(at, be16_t(udp_length));
    at = put(at, checksum_field(sum));
    put(at, clear);
    return true;
}

} // namespace mt6d::dataplane
