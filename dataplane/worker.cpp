// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker.hpp"

#include "dataplane/decap.hpp"
#include "dataplane/encap.hpp"
#include "dataplane/icmp_error.hpp"
#include "dataplane/neighbor.hpp"
#include "dataplane/packet.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_prefetch.h>

namespace mt6d::dataplane {
namespace {

// ICMPv6 errors made for hosts, a worker (RFC 4443, 2.4 (f)).
constexpr std::uint64_t errors_per_second = 100;
constexpr std::uint64_t errors_at_once = 50;

// How long a port may take no packet before what waits for it is dropped.
constexpr std::uint64_t transmit_patience_per_second = 20;

bool hit(std::uint64_t hits, std::uint32_t i) {
    return (hits >> i & 1U) != 0;
}

} // namespace

Worker::Worker(Forwarding& forwarding, const WorkerSettings& settings)
    : forwarding_(forwarding), settings_(settings),
      errors_(settings.cycles_per_second / errors_per_second, errors_at_once) {
    for (const Side side : sides) {
        out_[index(side)].open(settings.transmit[index(side)],
                               settings.cycles_per_second / transmit_patience_per_second,
                               counters_.ports[index(side)]);
    }
}

// --- the loop ---------------------------------------------------------------------------------

void Worker::run(const std::atomic<bool>& stop) {
    rte_rcu_qsbr* const grace = forwarding_.grace;
    rte_rcu_qsbr_thread_online(grace, settings_.index);
    while (!stop.load(std::memory_order_relaxed)) {
        const std::uint64_t now = rte_rdtsc();
        const bool busy = poll(now);
        rte_rcu_qsbr_quiescent(grace, settings_.index);
        counters_.polls.add();
        if (busy) {
            counters_.busy_polls.add();
            counters_.busy_cycles.add(rte_rdtsc() - now);
            idle_.busy();
        } else if (settings_.sleep && idle_.shall_sleep()) {
            rte_rcu_qsbr_thread_offline(grace, settings_.index);
            idle_.sleep();
            rte_rcu_qsbr_thread_online(grace, settings_.index);
        } else {
            rte_pause();
        }
    }
    shut_down();
    rte_rcu_qsbr_thread_offline(grace, settings_.index);
}

bool Worker::poll(std::uint64_t now) {
    bool busy = poll_rings();
    for (const Side side : sides) {
        busy |= poll_port(side);
    }
    if (!waiting_.empty()) [[unlikely]] {
        waiting_.serve(forwarding_.adjacencies, out_[index(Side::external)],
                       counters_.ports[index(Side::internal)]);
    }
    for (TransmitQueue& out : out_) {
        busy |= !out.empty();
        out.flush(now);
    }
    return busy;
}

bool Worker::poll_port(Side side) {
    const auto queue = settings_.rx_queue[index(side)];
    if (!queue || !has_room()) {
        return false;
    }
    std::array<rte_mbuf*, burst_size> packets;
    const std::uint16_t count =
        rte_eth_rx_burst(forwarding_.port(side).id, *queue, packets.data(), burst_size);
    if (count == 0) {
        return false;
    }
    std::uint64_t bytes = 0;
    for (std::uint16_t i = 0; i < count; ++i) {
        bytes += packets[i]->pkt_len;
    }
    PortCounters& counters = counters_.ports[index(side)];
    counters.rx_packets.add(count);
    counters.rx_bytes.add(bytes);
    process(side, {packets.data(), count});
    return true;
}

bool Worker::poll_rings() {
    const Forwarding::WorkerRings& rings = forwarding_.rings[settings_.index];
    std::array<rte_mbuf*, burst_size> packets;
    auto** const slots = reinterpret_cast<void**>(packets.data());
    bool busy = false;
    if (!rte_ring_empty(rings.transmit) && has_room()) {
        const unsigned count =
            rte_ring_sc_dequeue_burst(rings.transmit, slots, burst_size, nullptr);
        for (unsigned i = 0; i < count; ++i) {
            transmit_given(packets[i]);
        }
        busy = count > 0;
    }
    if (!rte_ring_empty(rings.received) && has_room()) {
        const unsigned count =
            rte_ring_sc_dequeue_burst(rings.received, slots, burst_size, nullptr);
        for (unsigned i = 0; i < count; ++i) {
            process(forwarding_.side_of(packets[i]->port), {&packets[i], 1});
        }
        busy |= count > 0;
    }
    return busy;
}

void Worker::shut_down() {
    for (TransmitQueue& out : out_) {
        out.flush(rte_rdtsc());
        out.close();
    }
    waiting_.close(forwarding_.adjacencies, counters_.ports[index(Side::internal)]);
}

void Worker::discard_given() {
    const Forwarding::WorkerRings& rings = forwarding_.rings[settings_.index];
    void* packet = nullptr;
    for (rte_ring* const ring : {rings.received, rings.transmit}) {
        while (rte_ring_sc_dequeue(ring, &packet) == 0) {
            auto* const mbuf = static_cast<rte_mbuf*>(packet);
            if (mbuf->port == inject_port || mbuf->port == solicit_port) {
                counters_.originated.add();
            }
            drop(forwarding_.side_of(mbuf->port), mbuf, Reason::stopping);
        }
    }
}

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
    const Salt active = forwarding_.active.salt[stream.rotation].load(std::memory_order_acquire);
    const RouteSlot& slot = stream.slot(active);
    if (slot.salt.load(std::memory_order_acquire) != active) [[unlikely]] {
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
    if (packet->data_len > candidate.frame.frame_length()) { // padded by the link
        rte_pktmbuf_trim(
            packet, static_cast<std::uint16_t>(packet->data_len - candidate.frame.frame_length()));
    }
    if (!encapsulate(packet, candidate.frame, stream, slot, forwarding_.port(Side::external).mac))
        [[unlikely]] {
        stream.counters->dropped_packets.add();
        drop(Side::internal, packet, Reason::no_headroom);
        return;
    }
    stream.counters->encapsulated_packets.add();
    stream.counters->encapsulated_bytes.add(length);
    send_to_next_hop(packet, slot.adjacency);
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

void Worker::send_to_next_hop(rte_mbuf* packet, AdjacencyId id) {
    Adjacency& adjacency = forwarding_.adjacencies[id];
    const Adjacency::Value next_hop = adjacency.load();
    switch (next_hop.state()) {
    case AdjacencyState::unconfirmed:
        adjacency.mark_used();
        [[fallthrough]];
    case AdjacencyState::usable:
        set_ethernet_destination(packet, next_hop);
        transmit(Side::external, packet);
        return;
    case AdjacencyState::waiting:
        if (!waiting_.admit(packet, id, adjacency)) {
            drop(Side::internal, packet, Reason::next_hop_unresolved);
        }
        return;
    case AdjacencyState::failed:
        adjacency.mark_used(); // so that control asks again soon
        drop(Side::internal, packet, Reason::next_hop_unreachable);
        return;
    }
}

// What another worker wants sent by this one's queue, or control wants sent.
void Worker::transmit_given(rte_mbuf* packet) {
    switch (packet->port) {
    case inject_port:
        counters_.originated.add();
        inject(packet);
        return;
    case solicit_port:
        counters_.originated.add();
        transmit(Side::external, packet);
        return;
    default:
        transmit(forwarding_.side_of(packet->port), packet);
    }
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
    const Salt active = forwarding_.active.salt[stream->rotation].load(std::memory_order_acquire);
    const RouteSlot& slot = stream->slot(active);
    if (slot.salt.load(std::memory_order_acquire) != active) {
        drop(Side::internal, packet, Reason::route_not_ready);
        return;
    }
    if (!encapsulate(packet, *frame, *stream, slot, forwarding_.port(Side::external).mac)) {
        drop(Side::internal, packet, Reason::no_headroom);
        return;
    }
    stream->counters->control_packets_sent.add();
    send_to_next_hop(packet, slot.adjacency);
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
    if (candidate.packet->data_len > candidate.frame.frame_length()) { // padded by the link
        rte_pktmbuf_trim(candidate.packet,
                         static_cast<std::uint16_t>(candidate.packet->data_len
                                                    - candidate.frame.frame_length()));
    }
    decapsulate(candidate.packet, *opened, route, forwarding_.port(Side::internal).mac);
    counters.decapsulated_packets.add();
    counters.decapsulated_bytes.add(sizeof(Ipv6Header) + opened->payload.size());
    transmit(Side::internal, candidate.packet);
}

// --- ends -------------------------------------------------------------------------------------

void Worker::drop(Side side, rte_mbuf* packet, Reason reason) {
    counters_.ports[index(side)].reasons[static_cast<std::size_t>(reason)].add();
    rte_pktmbuf_free(packet);
}

void Worker::hand_over(Side side, rte_mbuf* packet, std::uint16_t owner) {
    packet->port = forwarding_.port(side).id;
    if (rte_ring_enqueue(forwarding_.rings[owner].received, packet) == 0) {
        counters_.handed_over.add();
    } else {
        drop(side, packet, Reason::handover_full);
    }
}

} // namespace mt6d::dataplane
