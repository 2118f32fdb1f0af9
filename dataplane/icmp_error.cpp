// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/icmp_error.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <algorithm>

namespace mt6d::dataplane {
namespace {

constexpr std::uint8_t error_hop_limit = 64;

} // namespace

bool may_answer_with_error(const FrameView& frame) {
    if (frame.ipv6->source.is_unspecified() || frame.ipv6->source.is_multicast()
        || frame.ipv6->destination.is_multicast() || frame.ethernet->destination.is_multicast()) {
        return false;
    }
    const Bytes payload = frame.payload();
    const auto upper = find_upper_layer(frame.ipv6->next_header, payload);
    if (!upper) {
        return false;
    }
    const bool error = upper->protocol == protocol::icmpv6 && !upper->later_fragment
                       && (upper->offset >= payload.size()
                           || payload[upper->offset] < icmpv6_type::first_informational);
    return !error;
}

namespace {

// Type, code and a word of its own; what fits of the packet follows.
rte_mbuf* make_error(rte_mempool* pool, const FrameView& frame, PacketTooBig error,
                     const MacAddress& gateway) {
    constexpr std::size_t headers = sizeof(Ipv6Header) + sizeof(PacketTooBig);
    const std::size_t quoted = std::min(frame.packet_length(), ipv6_minimum_mtu - headers);
    rte_mbuf* answer = rte_pktmbuf_alloc(pool);
    if (answer == nullptr) {
        return nullptr;
    }
    auto* at = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(
        answer, static_cast<std::uint16_t>(sizeof(EthernetHeader) + headers + quoted)));
    if (at == nullptr) {
        rte_pktmbuf_free(answer);
        return nullptr;
    }
    const Ipv6Header ipv6{Ipv6Header::first_word(0, 0),
                          be16_t(static_cast<std::uint16_t>(sizeof(PacketTooBig) + quoted)),
                          protocol::icmpv6,
                          error_hop_limit,
                          frame.ipv6->destination,
                          frame.ipv6->source};
    at = put(at, EthernetHeader{frame.ethernet->source, gateway, be16_t(ether_type::ipv6)});
    auto* const icmp = put(at, ipv6);
    std::memcpy(put(icmp, error), frame.ipv6, quoted);
    error.icmp.checksum =
        checksum_of(ipv6, protocol::icmpv6, {icmp, sizeof(PacketTooBig) + quoted});
    put(icmp, error);
    return answer;
}

} // namespace

rte_mbuf* make_packet_too_big(rte_mempool* pool, const FrameView& frame, std::uint32_t mtu,
                              const MacAddress& gateway) {
    return make_error(pool, frame, {{icmpv6_type::packet_too_big, 0, be16_t(0)}, be32_t(mtu)},
                      gateway);
}

rte_mbuf* make_source_refused(rte_mempool* pool, const FrameView& frame,
                              const MacAddress& gateway) {
    constexpr std::uint8_t source_failed_policy = 5;
    return make_error(
        pool, frame,
        {{icmpv6_type::destination_unreachable, source_failed_policy, be16_t(0)}, be32_t(0)},
        gateway);
}

} // namespace mt6d::dataplane
