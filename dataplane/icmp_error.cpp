// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/icmp_error.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <algorithm>

namespace mt6d::dataplane {
namespace {

constexpr std::uint8_t error_hop_limit = 64;

} // namespace

bool is_error(std::uint8_t next_header, Bytes payload) {
    const auto upper = find_upper_layer(next_header, payload);
    return !upper
           || (upper->protocol == protocol::icmpv6 && !upper->later_fragment
               && (upper->offset >= payload.size()
                   || payload[upper->offset] < icmpv6_type::first_informational));
}

bool may_answer_with_error(const FrameView& frame) {
    return !frame.ipv6->source.is_unspecified() && !frame.ipv6->source.is_multicast()
           && !frame.ipv6->destination.is_multicast() && !frame.ethernet->destination.is_multicast()
           && !frame.ethernet->source.is_multicast() // the answer would reach the whole link
           && !is_error(frame.ipv6->next_header, frame.payload());
}

rte_mbuf* make_error(rte_mempool* pool, const FrameView& frame, const ErrorMessage& message,
                     const MacAddress& gateway) {
    constexpr std::size_t headers = sizeof(Ipv6Header) + sizeof(Icmpv6Error);
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
                          be16_t(static_cast<std::uint16_t>(sizeof(Icmpv6Error) + quoted)),
                          protocol::icmpv6,
                          error_hop_limit,
                          frame.ipv6->destination,
                          frame.ipv6->source};
    Icmpv6Error error{{message.type, message.code, be16_t(0)}, be32_t(message.parameter)};
    at = put(at, EthernetHeader{frame.ethernet->source, gateway, be16_t(ether_type::ipv6)});
    auto* const icmp = put(at, ipv6);
    std::memcpy(put(icmp, error), frame.ipv6, quoted);
    error.icmp.checksum = checksum_of(ipv6, protocol::icmpv6, {icmp, sizeof(Icmpv6Error) + quoted});
    put(icmp, error);
    return answer;
}

} // namespace mt6d::dataplane
