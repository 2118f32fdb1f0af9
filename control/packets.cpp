// SPDX-License-Identifier: BSD-3-Clause
#include "control/packets.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <mt6d/router_discovery.hpp>

#include <algorithm>

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

namespace {

// A message of discovery with one option.
template <class Message>
rte_mbuf* make_discovery_frame(rte_mempool* pool, const EthernetHeader& ethernet,
                               const Ipv6Address& source, const Ipv6Address& destination,
                               Message message, const LinkLayerOption& option) {
    constexpr std::uint16_t icmp_length = sizeof(Message) + sizeof(LinkLayerOption);
    rte_mbuf* packet = make_frame(pool, sizeof(EthernetHeader) + sizeof(Ipv6Header) + icmp_length);
    if (packet == nullptr) {
        return nullptr;
    }
    const Ipv6Header ipv6{Ipv6Header::first_word(0, 0),
                          be16_t(icmp_length),
                          protocol::icmpv6,
                          max_hop_limit,
                          source,
                          destination};
    using dataplane::put;
    auto* const icmp = put(put(rte_pktmbuf_mtod(packet, std::uint8_t*), ethernet), ipv6);
    put(put(icmp, message), option);
    message.icmp.checksum = dataplane::checksum_of(ipv6, protocol::icmpv6, {icmp, icmp_length});
    put(icmp, message);
    return packet;
}

constexpr std::size_t control_frame = sizeof(EthernetHeader) + sizeof(Ipv6Header);

// The inner packet of a control packet; returns what follows it.
std::uint8_t* put_control_frame(rte_mbuf* packet, const Ipv6Address& local,
                                const Ipv6Address& remote) {
    const Ipv6Header ipv6{control_header.class_and_label,
                          control_header.payload_length,
                          control_header.next_header,
                          control_header.hop_limit,
                          local,
                          remote};
    using dataplane::put;
    return put(put(rte_pktmbuf_mtod(packet, std::uint8_t*),
                   EthernetHeader{{}, {}, be16_t(ether_type::ipv6)}),
               ipv6);
}

} // namespace

rte_mbuf* make_solicitation(rte_mempool* pool, const Ipv6Address& source, const MacAddress& own,
                            const Ipv6Address& target, const MacAddress* unicast) {
    const Ipv6Address destination = unicast != nullptr ? target : target.solicited_node_group();
    const MacAddress next_hop = unicast != nullptr ? *unicast : destination.multicast_mac();
    const NeighborMessage message{
        {icmpv6_type::neighbor_solicitation, 0, be16_t(0)}, be32_t(0), target};
    return make_discovery_frame(pool, {next_hop, own, be16_t(ether_type::ipv6)}, source,
                                destination, message,
                                {discovery_option::source_link_layer, 1, own});
}

rte_mbuf* make_announcement(rte_mempool* pool, const Ipv6Address& address, const MacAddress& own) {
    const NeighborMessage message{{icmpv6_type::neighbor_advertisement, 0, be16_t(0)},
                                  be32_t(advertisement_flag::override_cache),
                                  address};
    return make_discovery_frame(pool, {all_routers.multicast_mac(), own, be16_t(ether_type::ipv6)},
                                address, all_routers, message,
                                {discovery_option::target_link_layer, 1, own});
}

rte_mbuf* make_router_solicitation(rte_mempool* pool, const Ipv6Address& source,
                                   const MacAddress& own) {
    const RouterSolicitation message{{icmpv6_type::router_solicitation, 0, be16_t(0)}, be32_t(0)};
    return make_discovery_frame(pool, {all_routers.multicast_mac(), own, be16_t(ether_type::ipv6)},
                                source, all_routers, message,
                                {discovery_option::source_link_layer, 1, own});
}

rte_mbuf* make_control_packet(rte_mempool* pool, const Ipv6Address& local,
                              const Ipv6Address& remote) {
    rte_mbuf* packet = make_frame(pool, control_frame);
    if (packet != nullptr) {
        put_control_frame(packet, local, remote);
        packet->port = dataplane::inject_port;
    }
    return packet;
}

rte_mbuf* make_exchange_packet(rte_mempool* pool, const Ipv6Address& local,
                               const Ipv6Address& remote, std::uint32_t epoch,
                               std::span<const std::uint8_t> key_option) {
    // What a worker puts before the frame is more than the room that buffers have for it: more is
    // made.
    constexpr std::size_t room = 128;
    rte_mbuf* packet = make_frame(pool, room + control_frame + sizeof(be32_t) + key_option.size());
    if (packet != nullptr) {
        rte_pktmbuf_adj(packet, room);
        std::uint8_t* const behind = put_control_frame(packet, local, remote);
        std::copy(key_option.begin(), key_option.end(), dataplane::put(behind, be32_t(epoch)));
        packet->port = dataplane::exchange_port;
    }
    return packet;
}

bool send_to_worker(const dataplane::Forwarding& forwarding, std::uint16_t worker,
                    rte_mbuf* packet) {
    if (packet == nullptr) {
        return false;
    }
    if (!forwarding.rings[worker].transmit.give(packet)) {
        rte_pktmbuf_free(packet);
        return false;
    }
    return true;
}

bool send_own_frame(const dataplane::Forwarding& forwarding, dataplane::Side side,
                    rte_mbuf* frame) {
    if (frame == nullptr) {
        return false;
    }
    // The first worker sends or relays them.
    frame->port = dataplane::own_frame_port[index(side)];
    if (!forwarding.rings.front().transmit.give(frame)) {
        rte_pktmbuf_free(frame);
        return false;
    }
    return true;
}

} // namespace mt6d
