// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with a burst: classify, then into the tunnel or out of it.
#include "dataplane/decap.hpp"
#include "dataplane/encap.hpp"
#include "dataplane/icmp_error.hpp"
#include "dataplane/neighbor.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/worker.hpp"

#include <rte_cycles.h>
#include <rte_prefetch.h>

namespace mt6d::dataplane {
namespace {

bool hit(std::uint64_t hits, std::uint32_t i) {
    return (hits >> i & 1U) != 0;
}

void trim_link_padding(const Candidate& candidate) {
    const std::size_t length = candidate.frame.frame_length();
    if (candidate.packet->data_len > length) {
        rte_pktmbuf_trim(candidate.packet,
                         static_cast<std::uint16_t>(candidate.packet->data_len - length));
    }
}

} // namespace

// --- a burst ----------------------------------------------------------------------------------

void Worker::process(Side side, std::span<rte_mbuf*> packets) {
    Burst burst;
    classify(packets, forwarding_.port(side), burst);
    for (std::uint32_t i = 0; i < burst.refused_count; ++i) {
        drop(side, burst.refused[i].packet, burst.refused[i].reason);
    }
    handle_discovery_burst(side, burst);
    if (burst.candidate_count == 0) {
        return;
    }
    std::array<void*, Burst::size> values;
    const Table& table =
        side == Side::internal ? *forwarding_.true_pairs : *forwarding_.hashed_pairs;
    const std::uint64_t hits =
        table.find_bulk(burst.keys.data(), burst.candidate_count, values.data());
    if (side == Side::internal) {
        encapsulate_burst(burst, values, hits);
    } else {
        decapsulate_burst(burst, values, hits);
    }
}

void Worker::handle_discovery_burst(Side side, const Burst& burst) {
    for (std::uint32_t i = 0; i < burst.discovery_count; ++i) {
        const auto& [candidate, check] = burst.discovery[i];
        const Reason reason =
            handle_discovery(candidate.packet, candidate.frame, check, side, forwarding_, events_);
        if (reason == Reason::discovery_answered) {
            counters_.originated.add();
            counters_.ports[index(side)].reasons[static_cast<std::size_t>(reason)].add();
            transmit(side, candidate.packet);
        } else {
            drop(side, candidate.packet, reason);
        }
    }
}

// --- into the tunnel --------------------------------------------------------------------------

void Worker::encapsulate_burst(const Burst& burst, std::span<void*> streams, std::uint64_t hits) {
    for (std::uint32_t i = 0; i < burst.candidate_count; ++i) {
        if (hit(hits, i)) {
            rte_prefetch0(streams[i]);
        }
    }
    for (std::uint32_t i = 0; i < burst.candidate_count; ++i) {
        const Candidate& candidate = burst.candidates[i];
        if (!hit(hits, i)) [[unlikely]] {
            drop(Side::internal, candidate.packet, Reason::unprotected);
            continue;
        }
        auto& stream = *static_cast<StreamContext*>(streams[i]);
        if (stream.owner != settings_.index) [[unlikely]] {
            hand_over(Side::internal, candidate.packet, stream.owner);
        } else if (candidate.frame.ipv6->hop_limit == 0) [[unlikely]] {
            stream.counters->dropped_packets.add();
            drop(Side::internal, candidate.packet, Reason::hop_limit_zero);
        } else {
            encapsulate_one(candidate, stream);
        }
    }
}

void Worker::encapsulate_one(const Candidate& candidate, StreamContext& stream) {
    rte_mbuf* const packet = candidate.packet;
    const RouteSlot* const slot = active_slot(stream);
    if (slot == nullptr) [[unlikely]] {
        stream.counters->dropped_packets.add();
        drop(Side::internal, packet, Reason::route_not_ready);
        return;
    }
    const std::size_t length = candidate.frame.packet_length();
    const std::uint32_t path_mtu = stream.path_mtu.load(std::memory_order_relaxed);
    if (length + clear_overhead > path_mtu) [[unlikely]] {
        stream.counters->dropped_packets.add();
        const std::uint32_t allowed = host_mtu(path_mtu, stream.cipher);
        if (length > allowed) {
            refuse_too_big(candidate, allowed);
        } else {
            drop(Side::internal, packet, Reason::tunnel_too_big);
        }
        return;
    }
    trim_link_padding(candidate);
    if (!encapsulate(packet, candidate.frame, stream, *slot, forwarding_.port(Side::external).mac))
        [[unlikely]] {
        stream.counters->dropped_packets.add();
        drop(Side::internal, packet, Reason::no_headroom);
        return;
    }
    if (!send_to_next_hop(packet, slot->adjacency)) [[unlikely]] {
        stream.counters->dropped_packets.add();
        return;
    }
    stream.counters->encapsulated_packets.add();
    stream.counters->encapsulated_bytes.add(length);
}

void Worker::refuse_too_big(const Candidate& candidate, std::uint32_t mtu) {
    if (may_answer_with_error(candidate.frame) && errors_.allow(rte_rdtsc())) {
        if (rte_mbuf* const answer = make_packet_too_big(forwarding_.pool, candidate.frame, mtu,
                                                         forwarding_.port(Side::internal).mac)) {
            counters_.originated.add();
            transmit(Side::internal, answer);
            drop(Side::internal, candidate.packet, Reason::packet_too_big);
            return;
        }
    }
    drop(Side::internal, candidate.packet, Reason::packet_too_big_silent);
}

// False where the packet was dropped. One that waits counts as sent.
bool Worker::send_to_next_hop(rte_mbuf* packet, AdjacencyId id) {
    Adjacency& adjacency = forwarding_.adjacencies[id];
    const Adjacency::Value next_hop = adjacency.load();
    switch (next_hop.state()) {
    case AdjacencyState::unconfirmed:
        adjacency.mark_used();
        [[fallthrough]];
    case AdjacencyState::usable:
        set_ethernet_destination(packet, next_hop);
        transmit(Side::external, packet);
        return true;
    case AdjacencyState::waiting:
        if (waiting_.admit(packet, id, adjacency)) {
            return true;
        }
        drop(Side::internal, packet, Reason::next_hop_unresolved);
        return false;
    case AdjacencyState::failed:
        break;
    }
    adjacency.mark_used(); // so that control asks again soon
    drop(Side::internal, packet, Reason::next_hop_unreachable);
    return false;
}

// The template to send with; null if control has not made it.
const RouteSlot* Worker::active_slot(const StreamContext& stream) const {
    const Salt active = forwarding_.active.salt[stream.rotation].load(std::memory_order_acquire);
    const RouteSlot& slot = stream.slot(active);
    return slot.salt.load(std::memory_order_acquire) == active ? &slot : nullptr;
}

// A control packet of this gateway, as control wrote it: the inner packet with an Ethernet header.
void Worker::inject(rte_mbuf* packet) {
    const auto frame = parse_frame(bytes_of(packet));
    auto* const stream =
        frame ? static_cast<StreamContext*>(forwarding_.true_pairs->find(&frame->ipv6->source))
              : nullptr;
    if (stream == nullptr) {
        drop(Side::internal, packet, Reason::unprotected);
        return;
    }
    const RouteSlot* const slot = active_slot(*stream);
    if (slot == nullptr) {
        drop(Side::internal, packet, Reason::route_not_ready);
        return;
    }
    if (!encapsulate(packet, *frame, *stream, *slot, forwarding_.port(Side::external).mac)) {
        drop(Side::internal, packet, Reason::no_headroom);
        return;
    }
    if (send_to_next_hop(packet, slot->adjacency)) {
        stream->counters->control_packets_sent.add();
    }
}

// --- out of the tunnel ------------------------------------------------------------------------

void Worker::decapsulate_burst(const Burst& burst, std::span<void*> routes, std::uint64_t hits) {
    for (std::uint32_t i = 0; i < burst.candidate_count; ++i) {
        if (hit(hits, i)) {
            rte_prefetch0(routes[i]);
        }
    }
    for (std::uint32_t i = 0; i < burst.candidate_count; ++i) {
        const Candidate& candidate = burst.candidates[i];
        if (!hit(hits, i)) [[unlikely]] {
            drop(Side::external, candidate.packet, Reason::unprotected);
            continue;
        }
        const auto& route = *static_cast<const RouteContext*>(routes[i]);
        if (route.owner != settings_.index) [[unlikely]] {
            hand_over(Side::external, candidate.packet, route.owner);
        } else {
            decapsulate_one(candidate, route);
        }
    }
}

void Worker::decapsulate_one(const Candidate& candidate, const RouteContext& route) {
    StreamCounters& counters = *route.stream->counters;
    // Live: from active - (L/R - 1) to active + 1 (section 3); the table holds some more.
    const Salt active = forwarding_.active.salt[route.rotation].load(std::memory_order_acquire);
    if (route.salt + route.live_before < active) [[unlikely]] {
        counters.dropped_packets.add();
        drop(Side::external, candidate.packet, Reason::route_expired);
        return;
    }
    if (route.salt > active + 1) [[unlikely]] {
        counters.dropped_packets.add();
        drop(Side::external, candidate.packet, Reason::route_early);
        return;
    }
    const auto opened = open_tunnel(candidate.packet, candidate.frame, route);
    if (!opened) [[unlikely]] {
        const bool control = text(opened.reason()).kind == ReasonKind::consumed;
        (control ? counters.control_packets_heard : counters.dropped_packets).add();
        drop(Side::external, candidate.packet, opened.reason());
        return;
    }
    const std::size_t length = sizeof(Ipv6Header) + opened->payload.size();
    if (length > forwarding_.port(Side::internal).mtu) [[unlikely]] {
        counters.dropped_packets.add();
        drop(Side::external, candidate.packet, Reason::inner_too_big);
        return;
    }
    trim_link_padding(candidate);
    decapsulate(candidate.packet, *opened, route, forwarding_.port(Side::internal).mac);
    counters.decapsulated_packets.add();
    counters.decapsulated_bytes.add(length);
    transmit(Side::internal, candidate.packet);
}

} // namespace mt6d::dataplane
