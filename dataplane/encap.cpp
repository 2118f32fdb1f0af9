// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/encap.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

namespace mt6d::dataplane {
namespace {

constexpr std::size_t tcp_header_minimum = 20;

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
    const be16_t port = destination_port(stream);
    const be16_t checksum =
        outer_checksum(slot, port, udp_length, sum_clear(inner, stream.inner_pair_sum));
    const ClearHeader clear = clear_header(*inner.ipv6);
    const be32_t class_and_label = outer_class_and_label(stream, slot, inner);

    at = put_outer(at, source, slot, class_and_label, udp_length, protocol::udp);
    at = put(at, slot.source_port);
    at = put(at, port);
    at = put(at, be16_t(udp_length));
    at = put(at, checksum);
    put(at, clear);
    return true;
}

} // namespace mt6d::dataplane
