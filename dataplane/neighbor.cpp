// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/neighbor.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/proxy.hpp"
#include "dataplane/router_advertisement.hpp"

#include <algorithm>

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

using Fate = DiscoveryVerdict::Fate;

// Where a message comes from and what is known there.
struct Place {
    Side side;
    const Forwarding& forwarding;
    Events& events;

    [[nodiscard]] const MacAddress& own_mac(Side of) const { return forwarding.port(of).mac; }
};

// News is told only where it is some, and never at the cost of answers: no harm is done if it is
// not told. False: it was not.
bool tell_quietly(EventQueue& events, const NeighborEvent& event) {
    return events.write_available() > event_queue_size / 2 && events.push(event);
}

// A neighbour that asks says where it is.
void tell_of_asker(const Place& place, const Ipv6Address& source, const MacAddress& mac) {
    const auto neighbor = place.forwarding.neighbor(place.side, source);
    if (neighbor && place.forwarding.adjacency(place.side, *neighbor).load().mac() != mac) {
        tell_quietly(place.events.neighbors, {NeighborEvent::Kind::solicitation, place.side, true,
                                              false, false, false, mac, source});
    }
}

// Whether the message belongs to a protected pair, or to one of its hosts' other addresses: they
// never meet outside their tunnel (section 10).
bool is_protected(const Place& place, const Ipv6Header& ipv6) {
    if (place.side == Side::external) {
        const AddressPair pair{ipv6.destination, ipv6.source};
        return place.forwarding.true_pairs->find(&pair) != nullptr;
    }
    const Target* const to = place.forwarding.target(Side::internal, ipv6.destination);
    return to != nullptr && to->kind == Target::Kind::remote_host;
}

// Whether the policy lets the other side hear of this: neither side answers for the address that
// the message is about, and none is a hashed one.
bool may_pass(const Place& place, const Ipv6Header& ipv6, const Ipv6Address& about) {
    const Forwarding& known = place.forwarding;
    return known.proxy && known.target(Side::internal, about) == nullptr
           && known.target(Side::external, about) == nullptr && !known.is_hidden(about)
           && !known.is_hidden(ipv6.source) && !known.is_hidden(ipv6.destination)
           && !is_protected(place, ipv6);
}

// A message of which the options alone name a MAC.
DiscoveryVerdict pass(rte_mbuf* packet, const FrameView& frame, const DiscoveryCheck& check,
                      std::size_t fixed, const Place& place) {
    const MacAddress& own = place.own_mac(other(place.side));
    replace_link_layer_options(packet, frame, check.offset, fixed, own);
    set_proxy_ethernet(packet, frame, own);
    return Fate::pass;
}

DiscoveryVerdict handle_solicitation(rte_mbuf* packet, const FrameView& frame,
                                     const DiscoveryCheck& check, const NeighborView& view,
                                     const Place& place) {
    // Copies: the answer overwrites them.
    const Ipv6Header asked = *frame.ipv6;
    const Ipv6Address target = view.message->target;
    const MacAddress asker = view.link_layer.value_or(frame.ethernet->source);
    if (asker.is_multicast() || asker.is_zero()) {
        return Reason::discovery_malformed; // an answer there would reach the whole link
    }
    const Target* const known = place.forwarding.target(place.side, target);
    const bool answered = known != nullptr && known->kind != Target::Kind::remote_hashed;
    if (!answered && !may_pass(place, asked, target)) {
        return Reason::discovery_not_ours; // and changes nothing (RFC 4861, 7.2.3)
    }
    if (view.link_layer) {
        tell_of_asker(place, asked.source, *view.link_layer);
    }
    if (answered) {
        return write_answer(packet, asked, target, asker, place.own_mac(place.side),
                            known->kind == Target::Kind::router)
                   ? DiscoveryVerdict(Fate::answer)
                   : Reason::no_buffer;
    }
    return pass(packet, frame, check, sizeof(NeighborMessage), place);
}

// Whether an advertisement of this neighbour answers a solicitation, or says where it is now. The
// others, which change next to nothing, come at no answer's cost.
bool is_answer_or_move(const Place& place, AdjacencyId neighbor, const NeighborEvent& event) {
    return event.solicited
           || (event.has_link_layer
               && place.forwarding.adjacency(place.side, neighbor).load().mac()
                      != event.link_layer);
}

DiscoveryVerdict handle_advertisement(rte_mbuf* packet, const FrameView& frame,
                                      const DiscoveryCheck& check, const NeighborView& view,
                                      const Place& place) {
    const Ipv6Address& target = view.message->target;
    const std::uint32_t flags = view.message->flags.value();
    const auto asked_about = place.forwarding.neighbor(place.side, target);
    const bool to_gateway =
        frame.ipv6->destination == Ipv6Address::link_local(place.own_mac(place.side));
    const NeighborEvent event{NeighborEvent::Kind::advertisement,
                              place.side,
                              view.link_layer.has_value(),
                              (flags & advertisement_flag::router) != 0,
                              (flags & advertisement_flag::solicited) != 0,
                              (flags & advertisement_flag::override_cache) != 0,
                              view.link_layer.value_or(MacAddress{}),
                              target};
    if (!to_gateway && may_pass(place, *frame.ipv6, target)) {
        if (asked_about) {
            tell_quietly(place.events.neighbors, event);
        }
        return pass(packet, frame, check, sizeof(NeighborMessage), place);
    }
    if (!asked_about) {
        return Reason::discovery_unsolicited;
    }
    EventQueue& events = place.events.neighbors;
    const bool told = is_answer_or_move(place, *asked_about, event) ? events.push(event)
                                                                    : tell_quietly(events, event);
    return told ? Reason::discovery_heard : Reason::event_queue_full;
}

// From a router, to a host about what no stream carries.
DiscoveryVerdict handle_redirect(rte_mbuf* packet, const FrameView& frame,
                                 const DiscoveryCheck& check, const Place& place) {
    const auto message = parse_redirect(*frame.ipv6, frame.payload().subspan(check.offset));
    if (!message) {
        return message.reason();
    }
    if (place.side == Side::internal || !may_pass(place, *frame.ipv6, (*message)->destination)) {
        return Reason::discovery_unhandled;
    }
    return pass(packet, frame, check, sizeof(RedirectMessage), place);
}

// A host in search of a router: the gateway asks for it (section 7.5).
DiscoveryVerdict handle_router_solicitation(const FrameView& frame, const DiscoveryCheck& check,
                                            const Place& place) {
    if (place.side == Side::external) {
        return Reason::discovery_unhandled;
    }
    const auto valid =
        parse_router_solicitation(*frame.ipv6, frame.payload().subspan(check.offset));
    if (!valid) {
        return valid.reason();
    }
    NeighborEvent event{};
    event.kind = NeighborEvent::Kind::router_solicitation;
    event.side = Side::external; // where routers are
    tell_quietly(place.events.neighbors, event);
    return Reason::router_solicited;
}

// Heard, and told to the hosts, whatever the policy. One from an address that the gateway itself
// has on one of its links is forged.
DiscoveryVerdict handle_router_advertisement(rte_mbuf* packet, const FrameView& frame,
                                             const DiscoveryCheck& check, const Place& place) {
    const Ipv6Address& source = frame.ipv6->source;
    if (place.side == Side::internal || std::any_of(sides.begin(), sides.end(), [&](Side side) {
            return source == Ipv6Address::link_local(place.own_mac(side));
        })) {
        return Reason::discovery_unhandled;
    }
    const auto router =
        parse_router_advertisement(*frame.ipv6, frame.payload().subspan(check.offset));
    if (!router) {
        return router.reason();
    }
    place.events.routers.push(*router); // one that finds no room comes again
    const PortInfo& inside = place.forwarding.port(Side::internal);
    const std::uint32_t mtu = place.forwarding.host_mtu.load(std::memory_order_relaxed);
    const auto refused =
        rewrite_router_advertisement(packet, frame, check.offset, {inside.mac, inside.mtu, mtu});
    return refused ? DiscoveryVerdict(*refused) : Fate::pass;
}

DiscoveryVerdict handle_neighbor(rte_mbuf* packet, const FrameView& frame,
                                 const DiscoveryCheck& check, const Place& place) {
    const Bytes icmp = frame.payload().subspan(check.offset);
    const auto view = parse_neighbor(*frame.ipv6, icmp);
    if (!view) {
        return view.reason();
    }
    return icmp[0] == icmpv6_type::neighbor_solicitation
               ? handle_solicitation(packet, frame, check, *view, place)
               : handle_advertisement(packet, frame, check, *view, place);
}

} // namespace

DiscoveryVerdict handle_discovery(rte_mbuf* packet, const FrameView& frame,
                                  const DiscoveryCheck& check, Side side,
                                  const Forwarding& forwarding, Events& events) {
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
    const Place place{side, forwarding, events};
    switch (icmp[0]) {
    case icmpv6_type::neighbor_solicitation:
    case icmpv6_type::neighbor_advertisement:
        return handle_neighbor(packet, frame, check, place);
    case icmpv6_type::router_solicitation:
        return handle_router_solicitation(frame, check, place);
    case icmpv6_type::router_advertisement:
        return handle_router_advertisement(packet, frame, check, place);
    case icmpv6_type::redirect:
        return handle_redirect(packet, frame, check, place);
    default:
        return Reason::discovery_unhandled;
    }
}

} // namespace mt6d::dataplane
