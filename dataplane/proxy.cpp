// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/proxy.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

namespace mt6d::dataplane {

void set_proxy_ethernet(rte_mbuf* packet, const FrameView& frame, const MacAddress& own) {
    auto* at = rte_pktmbuf_mtod(packet, std::uint8_t*);
    const Ipv6Address& destination = frame.ipv6->destination;
    if (destination.is_multicast()) {
        put(at, destination.multicast_mac());
    }
    put(at + sizeof(MacAddress), own);
}

void replace_link_layer_options(rte_mbuf* packet, const FrameView& frame, std::size_t offset,
                                std::size_t fixed, const MacAddress& own) {
    auto* const icmp = rte_pktmbuf_mtod_offset(
        packet, std::uint8_t*, sizeof(EthernetHeader) + sizeof(Ipv6Header) + offset);
    const std::size_t length = frame.payload_length - offset;
    for (std::size_t at = fixed; at + 1 < length && icmp[at + 1] != 0;
         at += std::size_t{icmp[at + 1]} * 8) {
        const bool link_layer = icmp[at] == discovery_option::source_link_layer
                                || icmp[at] == discovery_option::target_link_layer;
        if (link_layer && at + sizeof(LinkLayerOption) <= length) {
            put(icmp + at + offsetof(LinkLayerOption, address), own);
        }
    }
    put(icmp + offsetof(Icmpv6Header, checksum), be16_t(0));
    const be16_t checksum = checksum_of(*frame.ipv6, protocol::icmpv6, {icmp, length});
    put(icmp + offsetof(Icmpv6Header, checksum), checksum);
}

} // namespace mt6d::dataplane
