// SPDX-License-Identifier: BSD-3-Clause
#include "control/packets.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

namespace mt6d {

rte_mbuf* make_frame(rte_mempool* pool, std::size_t length) {
    rte_mbuf* packet = length <= UINT16_MAX ? rte_pktmbuf_alloc(pool) : nullptr;
    if (packet != nullptr
        && rte_pktmbuf_append(packet, static_cast<std::uint16_t>(length)) == nullptr) {
        rte_pktmbuf_free(packet);
        return nullptr;
    }
    return packet;
}

rte_mbuf* make_solicitation(rte_mempool* pool, const Ipv6Address& source, const MacAddress& own,
                            const Ipv6Address& target, const MacAddress* unicast) {
    constexpr std::uint16_t icmp_length = sizeof(NeighborMessage) + sizeof(LinkLayerOption);
    rte_mbuf* packet = make_frame(pool, sizeof(EthernetHeader) + sizeof(Ipv6Header) + icmp_length);
    if (packet == nullptr) {
        return nullptr;
    }
    const Ipv6Address destination = unicast != nullptr ? target : target.solicited_node_group();
    const MacAddress next_hop = unicast != nullptr ? *unicast : destination.multicast_mac();
    const Ipv6Header ipv6{Ipv6Header::first_word(0, 0),
                          be16_t(icmp_length),
                          protocol::icmpv6,
                          max_hop_limit,
                          source,
                          destination};
    NeighborMessage message{{icmpv6_type::neighbor_solicitation, 0, be16_t(0)}, be32_t(0), target};

    using dataplane::put;
    auto* at = put(rte_pktmbuf_mtod(packet, std::uint8_t*),
                   EthernetHeader{next_hop, own, be16_t(ether_type::ipv6)});
    auto* const icmp = put(at, ipv6);
    put(put(icmp, message), LinkLayerOption{discovery_option::source_link_layer, 1, own});
    message.icmp.checksum = dataplane::checksum_of(ipv6, protocol::icmpv6, {icmp, icmp_length});
    put(icmp, message);
    return packet;
}

rte_mbuf* make_control_packet(rte_mempool* pool, const Ipv6Address& local,
                              const Ipv6Address& remote) {
    rte_mbuf* packet = make_frame(pool, sizeof(EthernetHeader) + sizeof(Ipv6Header));
    if (packet == nullptr) {
        return nullptr;
    }
    const Ipv6Header ipv6{control_header.class_and_label,
                          control_header.payload_length,
                          control_header.next_header,
                          control_header.hop_limit,
                          local,
                          remote};
    using dataplane::put;
    put(put(rte_pktmbuf_mtod(packet, std::uint8_t*),
            EthernetHeader{{}, {}, be16_t(ether_type::ipv6)}),
        ipv6);
    return packet;
}

} // namespace mt6d
