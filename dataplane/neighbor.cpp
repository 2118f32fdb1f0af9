// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/neighbor.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

namespace mt6d::dataplane {
namespace {

constexpr std::uint16_t answer_icmp_length = sizeof(NeighborMessage) + sizeof(LinkLayerOption);
constexpr std::uint16_t answer_length =
    sizeof(EthernetHeader) + sizeof(Ipv6Header) + answer_icmp_length;

// Makes `packet` an advertisement of `target` (RFC 4861, 7.2.4). False: no room in the buffer.
bool write_answer(rte_mbuf* packet, const Ipv6Header& asked, const Ipv6Address& target,
                  const MacAddress& asker, const MacAddress& own, bool router) {
    const bool detection = asked.source.is_unspecified();
    const Ipv6Address destination = detection ? all_nodes : asked.source;
    std::uint32_t flags = advertisement_flag::override_cache;
    flags |= detection ? 0 : advertisement_flag::solicited;
    flags |= router ? advertisement_flag::router : 0;

    NeighborMessage message{
        {icmpv6_type::neighbor_advertisement, 0, be16_t(0)}, be32_t(flags), target};
    const LinkLayerOption option{discovery_option::target_link_layer, 1, own};
    const Ipv6Header ipv6{Ipv6Header::first_word(0, 0),
                          be16_t(answer_icmp_length),
                          protocol::icmpv6,
                          max_hop_limit,
                          target,
                          destination};
    const EthernetHeader ethernet{detection ? destination.multicast_mac() : asker, own,
                                  be16_t(ether_type::ipv6)};

    if (packet->data_len < answer_length) {
        if (rte_pktmbuf_append(packet, static_cast<std::uint16_t>(answer_length - packet->data_len))
            == nullptr) {
            return false;
        }
    } else {
        rte_pktmbuf_trim(packet, static_cast<std::uint16_t>(packet->data_len - answer_length));
    }
    auto* const icmp = put(put(rte_pktmbuf_mtod(packet, std::uint8_t*), ethernet), ipv6);
    put(put(icmp, message), option);
    message.icmp.checksum = checksum_of(ipv6, protocol::icmpv6, {icmp, answer_icmp_length});
    put(icmp, message);
    return true;
}

// The next hop of this address, if the gateway ever asked about it.
const Adjacency* find_neighbor(const Forwarding& forwarding, const Ipv6Address& address) {
    const auto id_plus_one = reinterpret_cast<std::uintptr_t>(forwarding.neighbors->find(&address));
    return id_plus_one == 0 ? nullptr : &forwarding.adjacencies[id_plus_one - 1];
}

// A neighbour that asks says where it is. Told only where that is news, and never at the cost of
// answers: no harm is done if it is not told.
void tell_of_asker(EventQueue& events, const Forwarding& forwarding, const Ipv6Address& source,
                   const MacAddress& mac) {
    const Adjacency* const neighbor = find_neighbor(forwarding, source);
    if (neighbor != nullptr && neighbor->load().mac() != mac
        && events.write_available() > event_queue_size / 2) {
        events.push({NeighborEvent::Kind::solicitation, true, false, false, false, mac, source});
    }
}

Reason tell(EventQueue& events, const NeighborEvent& event) {
    return events.push(event) ? Reason::discovery_heard : Reason::event_queue_full;
}

Reason answer_solicitation(rte_mbuf* packet, const FrameView& frame, const NeighborView& view,
                           Side side, const Forwarding& forwarding, EventQueue& events) {
    // Copies: the answer overwrites them.
    const Ipv6Header asked = *frame.ipv6;
    const Ipv6Address target = view.message->target;
    const MacAddress asker = view.link_layer.value_or(frame.ethernet->source);
    if (asker.is_multicast() || asker.is_zero()) {
        return Reason::discovery_malformed; // an answer there would reach the whole link
    }
    if (side == Side::external && view.link_layer) {
        tell_of_asker(events, forwarding, asked.source, *view.link_layer);
    }
    const auto* answered =
        static_cast<const Target*>(forwarding.targets[index(side)]->find(&target));
    if (answered == nullptr) {
        return Reason::discovery_not_ours;
    }
    return write_answer(packet, asked, target, asker, forwarding.port(side).mac, answered->router)
               ? Reason::discovery_answered
               : Reason::no_buffer;
}

Reason hear_advertisement(const NeighborView& view, const Forwarding& forwarding,
                          EventQueue& events) {
    if (find_neighbor(forwarding, view.message->target) == nullptr) {
        return Reason::discovery_unsolicited;
    }
    const std::uint32_t flags = view.message->flags.value();
    return tell(events, {NeighborEvent::Kind::advertisement, view.link_layer.has_value(),
                         (flags & advertisement_flag::router) != 0,
                         (flags & advertisement_flag::solicited) != 0,
                         (flags & advertisement_flag::override_cache) != 0,
                         view.link_layer.value_or(MacAddress{}), view.message->target});
}

} // namespace

Reason handle_discovery(rte_mbuf* packet, const FrameView& frame, const DiscoveryCheck& check,
                        Side side, const Forwarding& forwarding, EventQueue& events) {
    if (check.fragment) {
        return Reason::discovery_fragmented;
    }
    if (frame.ipv6->hop_limit != max_hop_limit) {
        return Reason::discovery_hop_limit;
    }
    const Bytes icmp = frame.payload().subspan(check.offset);
    if (icmp.size() < sizeof(Icmpv6Header)) {
        return Reason::discovery_malformed;
    }
    if (!checksum_right(*frame.ipv6, protocol::icmpv6, icmp)) {
        return Reason::discovery_checksum;
    }
    const std::uint8_t type = icmp[0];
    if (type != icmpv6_type::neighbor_solicitation && type != icmpv6_type::neighbor_advertisement) {
        return Reason::discovery_unhandled;
    }
    const auto view = parse_neighbor(*frame.ipv6, icmp);
    if (!view) {
        return view.reason();
    }
    if (type == icmpv6_type::neighbor_solicitation) {
        return answer_solicitation(packet, frame, *view, side, forwarding, events);
    }
    // The hosts' MACs are configured: nothing said inside is news (section 7.6).
    return side == Side::external ? hear_advertisement(*view, forwarding, events)
                                  : Reason::discovery_unsolicited;
}

} // namespace mt6d::dataplane
