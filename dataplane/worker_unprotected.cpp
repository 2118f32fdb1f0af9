// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with packets that no stream carries (docs/protocol.md, section 10).
#include "dataplane/checksum.hpp"
#include "dataplane/encap.hpp"
#include "dataplane/icmp_error.hpp"
#include "dataplane/proxy.hpp"
#include "dataplane/worker.hpp"

#include <rte_cycles.h>

namespace mt6d::dataplane {
namespace {

// Groups that only routers and switches listen to, and those are outside.
bool is_for_routers(const Ipv6Address& group) {
    return group == all_routers || group == all_mld_routers;
}

} // namespace

void Worker::handle_unmatched_inside(const Candidate& candidate) {
    const Ipv6Header& ipv6 = *candidate.frame.ipv6;
    const Target* const target = forwarding_.target(Side::internal, ipv6.destination);
    const auto listener = hear_listener_message(Side::internal, candidate);
    if (target != nullptr && target->kind == Target::Kind::remote_host) {
        // Protected pairs never talk outside their tunnel: a host that uses another of its
        // addresses, a temporary one say, is told to choose the right one (RFC 4443, 3.1).
        refuse(Side::internal, candidate, ErrorMessage::unreachable(unreachable_code::policy),
               other_errors_, Reason::protected_remote, Reason::protected_remote);
    } else if (listener == ListenerMessage::query) {
        drop(Side::internal, candidate.packet, Reason::listener_query); // hosts' own affair
    } else if (target != nullptr && target->kind != Target::Kind::router) {
        drop(Side::internal, candidate.packet, Reason::to_gateway);
    } else if (!forwarding_.proxy) {
        drop(Side::internal, candidate.packet, Reason::unprotected);
    } else if (ipv6.destination.is_multicast()) {
        proxy_multicast(Side::internal, candidate);
    } else {
        proxy_unicast(Side::internal, candidate);
    }
}

void Worker::handle_unmatched_outside(const Candidate& candidate) {
    const Ipv6Header& ipv6 = *candidate.frame.ipv6;
    const AddressPair answer{ipv6.destination, ipv6.source};
    if (handle_path_error(candidate)) {
        return;
    }
    const auto listener = hear_listener_message(Side::external, candidate);
    if (listener == ListenerMessage::query
        && (!forwarding_.proxy || !ipv6.destination.is_multicast())) {
        drop(Side::external, candidate.packet, Reason::listener_query);
    } else if (forwarding_.true_pairs->find(&answer) != nullptr) {
        drop(Side::external, candidate.packet, Reason::protected_pair);
    } else if (!forwarding_.proxy || forwarding_.is_hidden(ipv6.destination)
               || forwarding_.is_hidden(ipv6.source)) {
        drop(Side::external, candidate.packet, Reason::unprotected);
    } else if (!ipv6.destination.is_multicast()) {
        proxy_unicast(Side::external, candidate);
    } else if (is_for_routers(ipv6.destination) || listener == ListenerMessage::report) {
        drop(Side::external, candidate.packet, Reason::not_for_hosts);
    } else {
        proxy_multicast(Side::external, candidate);
    }
}

// What a packet to a group, or to the gateway itself (RFC 3810, 5.1.15), says of listeners: a
// query, which the gateway's own are told of, or a report.
Worker::ListenerMessage Worker::hear_listener_message(Side side, const Candidate& candidate) {
    const Ipv6Address& destination = candidate.frame.ipv6->destination;
    if (!destination.is_multicast()
        && destination != Ipv6Address::link_local(forwarding_.port(side).mac)) {
        return ListenerMessage::none;
    }
    const Bytes payload = candidate.frame.payload();
    const auto upper = find_upper_layer(candidate.frame.ipv6->next_header, payload);
    if (!upper || upper->protocol != protocol::icmpv6 || upper->fragment
        || upper->offset >= payload.size() || !is_listener_type(payload[upper->offset])) {
        return ListenerMessage::none;
    }
    if (payload[upper->offset] != icmpv6_type::listener_query) {
        return ListenerMessage::report;
    }
    const auto query = parse_mld_query(*candidate.frame.ipv6, payload, upper->offset);
    if (query
        && checksum_right(*candidate.frame.ipv6, protocol::icmpv6,
                          payload.subspan(upper->offset))) {
        events_.queries.push({side, *query}); // one that finds no room comes again
    }
    return ListenerMessage::query;
}

void Worker::proxy_multicast(Side from, const Candidate& candidate) {
    if (candidate.frame.packet_length() > forwarding_.port(other(from)).mtu) {
        drop(from, candidate.packet, Reason::proxy_too_big); // nobody is told (RFC 4443, 2.4)
        return;
    }
    set_proxy_ethernet(candidate.packet, candidate.frame, forwarding_.port(other(from)).mac);
    counters_.ports[index(from)].proxied_packets.add();
    transmit(other(from), candidate.packet);
}

void Worker::proxy_unicast(Side from, const Candidate& candidate) {
    const Side to = other(from);
    const PortInfo& port = forwarding_.port(to);
    if (candidate.frame.packet_length() > port.mtu) {
        refuse(from, candidate, ErrorMessage::packet_too_big(port.mtu), other_errors_,
               Reason::proxy_too_big, Reason::proxy_too_big);
        return;
    }
    const Ipv6Address destination = candidate.frame.ipv6->destination;
    set_proxy_ethernet(candidate.packet, candidate.frame, port.mac);
    counters_.ports[index(from)].proxied_packets.add();
    proxy_to_neighbor(to, candidate.packet, destination);
}

// The frame lacks the next hop's MAC alone.
void Worker::proxy_to_neighbor(Side to, rte_mbuf* packet, const Ipv6Address& destination) {
    if (to == Side::internal) {
        // A configured host's MAC is never asked for (section 7.6).
        const Target* const target = forwarding_.target(Side::external, destination);
        if (target != nullptr && target->kind == Target::Kind::local_host) {
            set_ethernet_destination(packet,
                                     Adjacency::Value(target->host, AdjacencyState::usable));
            transmit(to, packet);
            return;
        }
    } else if (!forwarding_.on_link.load(std::memory_order_acquire)->contains(destination)) {
        send_to_next_hop(to, packet, forwarding_.router, Sender::stranger);
        return;
    }
    if (const auto neighbor = forwarding_.neighbor(to, destination)) {
        send_to_next_hop(to, packet, *neighbor, Sender::stranger);
    } else {
        wait_for_neighbor(to, packet, destination);
    }
}

void Worker::wait_for_neighbor(Side to, rte_mbuf* packet, const Ipv6Address& neighbor) {
    bool first = false;
    const bool admitted =
        lobby_.admit({packet, neighbor, to, rte_rdtsc() + settings_.cycles_per_second}, first);
    if (first && events_.neighbors.write_available() > event_queue_size / 2) {
        events_.neighbors.push(
            {NeighborEvent::Kind::wanted, to, false, false, false, false, {}, neighbor});
    }
    if (!admitted) {
        drop(other(to), packet, Reason::neighbor_unknown);
    }
}

void Worker::serve_lobby(std::uint64_t now) {
    lobby_.serve([&](const Lobby::Entry& entry) {
        if (const auto neighbor = forwarding_.neighbor(entry.to, entry.neighbor)) {
            send_to_next_hop(entry.to, entry.packet, *neighbor, Sender::stranger);
            return true;
        }
        if (now > entry.until) {
            drop(other(entry.to), entry.packet, Reason::neighbor_unknown);
            return true;
        }
        return false;
    });
}

} // namespace mt6d::dataplane
