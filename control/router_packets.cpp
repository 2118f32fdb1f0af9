// SPDX-License-Identifier: BSD-3-Clause
#include "control/router_packets.hpp"

#include "control/packets.hpp"
#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <mt6d/router_discovery.hpp>

namespace mt6d {

rte_mbuf* make_router_solicitation(rte_mempool* pool, const Ipv6Address& source,
                                   const MacAddress& own) {
    constexpr std::uint16_t icmp_length = sizeof(RouterSolicitation) + sizeof(LinkLayerOption);
    rte_mbuf* packet = make_frame(pool, sizeof(EthernetHeader) + sizeof(Ipv6Header) + icmp_length);
    if (packet == nullptr) {
        return nullptr;
    }
    const Ipv6Header ipv6{Ipv6Header::first_word(0, 0),
                          be16_t(icmp_length),
                          protocol::icmpv6,
                          max_hop_limit,
                          source,
                          all_routers};
    RouterSolicitation message{{icmpv6_type::router_solicitation, 0, be16_t(0)}, be32_t(0)};
    using dataplane::put;
    auto* at = put(rte_pktmbuf_mtod(packet, std::uint8_t*),
                   EthernetHeader{all_routers.multicast_mac(), own, be16_t(ether_type::ipv6)});
    auto* const icmp = put(at, ipv6);
    put(put(icmp, message), LinkLayerOption{discovery_option::source_link_layer, 1, own});
    message.icmp.checksum = dataplane::checksum_of(ipv6, protocol::icmpv6, {icmp, icmp_length});
    put(icmp, message);
    return packet;
}

} // namespace mt6d
