// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/worker.hpp"

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include <algorithm>

namespace mt6d::dataplane {
namespace {

// ICMPv6 errors made for hosts, a worker and limit (RFC 4443, 2.4 (f)).
constexpr std::uint64_t errors_per_second = 100;
constexpr std::uint64_t errors_at_once = 50;

// Of this gateway: not one that came in.
bool is_own(const rte_mbuf& packet) {
    return packet.port == inject_port || packet.port == exchange_port
           || packet.port == own_frame_port[0] || packet.port == own_frame_port[1];
}

} // namespace

Worker::Worker(Forwarding& forwarding, const WorkerSettings& settings)
    : forwarding_(forwarding), settings_(settings),
      stream_errors_(settings.cycles_per_second / errors_per_second, errors_at_once),
      other_errors_(stream_errors_), identifications_(settings.identification_key) {
    for (const Side side : sides) {
        out_[index(side)].open(settings.transmit[index(side)], settings.transmit_patience,
                               counters_.ports[index(side)]);
    }
}

// --- the loop ---------------------------------------------------------------------------------

void Worker::run(const std::atomic<bool>& stop) {
    rte_rcu_qsbr* const grace = forwarding_.grace;
    rte_rcu_qsbr_thread_online(grace, settings_.index);
    while (!stop.load(std::memory_order_relaxed)) {
        if (turn()) {
            idle_.busy();
        } else if (settings_.sleep && idle_.shall_sleep()) {
            rest(stop);
        } else {
            rte_pause();
        }
    }
    shut_down();
    rte_rcu_qsbr_thread_offline(grace, settings_.index);
}

bool Worker::turn() {
    const std::uint64_t now = rte_rdtsc();
    const bool busy = poll(now);
    rte_rcu_qsbr_quiescent(forwarding_.grace, settings_.index);
    counters_.polls.add();
    if (busy) {
        counters_.busy_cycles.add(rte_rdtsc() - now);
    }
    return busy;
}

// What waits for a neighbour is looked at now and then: nobody rings for it.
void Worker::rest(const std::atomic<bool>& stop) {
    const auto offline = [this](auto&& pause) {
        rte_rcu_qsbr_thread_offline(forwarding_.grace, settings_.index);
        pause();
        rte_rcu_qsbr_thread_online(forwarding_.grace, settings_.index);
    };
    InterruptWait* const interrupts = settings_.interrupts;
    if (interrupts == nullptr || !interrupts->is_open() || !lobby_.empty() || !waiting_[0].empty()
        || !waiting_[1].empty()) {
        offline([this] { idle_.sleep(); });
        return;
    }
    interrupts->arm();
    bool busy = turn(); // what came before it was armed
    bool woken = false;
    if (!busy && !stop.load(std::memory_order_relaxed)) {
        offline([&] { woken = interrupts->block(); });
        busy = woken && turn();
    }
    interrupts->disarm();
    if (busy) {
        idle_.busy();
    } else if (woken) {
        // net_tap's descriptor is readable a moment before its driver reads it, and longer where
        // the CPU is busy.
        offline([this] { idle_.sleep(); });
    }
}

bool Worker::poll(std::uint64_t now) {
    poll_time_ = now;
    inspection_ = forwarding_.inspection.load(std::memory_order_acquire);
    if (inspection_ != nullptr) [[unlikely]] {
        begin_inspection();
    }
    if (!settings_.reassembly->empty()) [[unlikely]] {
        give_up_fragments(now);
    }
    bool busy = poll_rings();
    for (const Side side : sides) {
        busy |= poll_port(side);
    }
    if (!lobby_.empty()) [[unlikely]] {
        serve_lobby(now);
    }
    for (const Side side : sides) {
        serve_waiting(side);
    }
    if (inspection_ != nullptr) [[unlikely]] {
        capture_departures();
    }
    for (TransmitQueue& out : out_) {
        busy |= !out.empty();
        out.flush(now);
    }
    return busy;
}

bool Worker::poll_port(Side side) {
    const auto queue = settings_.rx_queue[index(side)];
    // Answers go back by the same port: they are few, and lost first where it takes nothing.
    if (!queue || !out_[index(other(side))].ready()) {
        return false;
    }
    std::array<rte_mbuf*, burst_size> packets;
    const std::uint16_t count =
        rte_eth_rx_burst(forwarding_.port(side).id, *queue, packets.data(), burst_size);
    if (count == 0) {
        return false;
    }
    receive(side, {packets.data(), count});
    return true;
}

void Worker::receive(Side side, std::span<rte_mbuf*> packets) {
    std::uint64_t bytes = 0;
    for (const rte_mbuf* const packet : packets) {
        bytes += packet->pkt_len;
    }
    PortCounters& counters = counters_.ports[index(side)];
    counters.rx_packets.add(packets.size());
    counters.rx_bytes.add(bytes);
    counters_.bursts[burst_size_class(static_cast<std::uint16_t>(packets.size()))].add();
    if (inspection_ != nullptr) [[unlikely]] {
        take_up_inspected(side, packets, Arrival::port);
    } else {
        take_up(side, packets, Arrival::port);
    }
}

void Worker::take_up(Side side, std::span<rte_mbuf*> packets, Arrival arrival) {
    if (arrival == Arrival::port && forwarding_.stopped.load(std::memory_order_relaxed))
        [[unlikely]] {
        refuse_burst(side, packets);
    } else {
        process(side, packets);
    }
}

// Taken and dropped: what waits in a port meanwhile would be old when forwarding starts again.
void Worker::refuse_burst(Side side, std::span<rte_mbuf*> packets) {
    for (rte_mbuf* const packet : packets) {
        drop(side, packet, Reason::forwarding_stopped);
    }
}

bool Worker::poll_rings() {
    const Forwarding::WorkerRings& rings = forwarding_.rings[settings_.index];
    std::array<rte_mbuf*, burst_size> packets;
    bool busy = false;
    if (!rings.transmit.empty() && has_room()) {
        const unsigned count = rings.transmit.take(packets);
        for (unsigned i = 0; i < count; ++i) {
            transmit_given(packets[i]);
        }
        busy = count > 0;
    }
    if (!rings.received.empty() && has_room()) {
        const unsigned count = rings.received.take(packets);
        process_handed_over({packets.data(), count});
        busy |= count > 0;
    }
    return busy;
}

// What another worker wants sent by this one's queue, or control wants sent.
void Worker::transmit_given(rte_mbuf* packet) {
    if (forwarding_.stopped.load(std::memory_order_relaxed) && is_own(*packet)) [[unlikely]] {
        counters_.originated.add();
        drop(Side::internal, packet, Reason::forwarding_stopped); // nobody could answer it
        return;
    }
    switch (packet->port) {
    case inject_port:
        counters_.originated.add();
        inject(packet);
        return;
    case exchange_port:
        counters_.originated.add();
        inject_on_epoch(packet);
        return;
    case own_frame_port[index(Side::internal)]:
        counters_.originated.add();
        transmit(Side::internal, packet);
        return;
    case own_frame_port[index(Side::external)]:
        counters_.originated.add();
        transmit(Side::external, packet);
        return;
    default:
        transmit(forwarding_.side_of(packet->port), packet);
    }
}

// Those of one port after those of the other: the order within a stream stays.
void Worker::process_handed_over(std::span<rte_mbuf*> packets) {
    const std::uint16_t first_port = forwarding_.port(Side::internal).id;
    const auto middle =
        std::stable_partition(packets.begin(), packets.end(),
                              [&](const rte_mbuf* packet) { return packet->port == first_port; });
    const auto from_hosts = static_cast<std::size_t>(middle - packets.begin());
    const std::array by_side{packets.first(from_hosts), packets.subspan(from_hosts)};
    for (const Side side : sides) {
        if (inspection_ != nullptr) [[unlikely]] {
            take_up_inspected(side, by_side[index(side)], Arrival::worker);
        } else {
            process(side, by_side[index(side)]);
        }
    }
}

void Worker::shut_down() {
    for (TransmitQueue& out : out_) {
        out.flush(rte_rdtsc());
        out.close();
    }
    lobby_.serve([this](const Lobby::Entry& entry) {
        drop(other(entry.to), entry.packet, Reason::stopping);
        return true;
    });
    for (const Side side : sides) {
        waiting_[index(side)].close(forwarding_.adjacencies[index(side)],
                                    counters_.ports[index(other(side))]);
    }
    while (!settings_.reassembly->empty()) {
        count_fragments(settings_.reassembly->close(), Reason::stopping);
    }
}

void Worker::discard_given() {
    const Forwarding::WorkerRings& rings = forwarding_.rings[settings_.index];
    rte_mbuf* packet = nullptr;
    for (const WorkerRing& ring : {rings.received, rings.transmit}) {
        while (ring.take({&packet, 1}) == 1) {
            if (is_own(*packet)) {
                counters_.originated.add();
            }
            drop(forwarding_.side_of(packet->port), packet, Reason::stopping);
        }
    }
}

// --- ends -------------------------------------------------------------------------------------

void Worker::drop(Side side, rte_mbuf* packet, Reason reason) {
    count(side, reason);
    rte_pktmbuf_free(packet);
}

void Worker::drop_of_stream(Side side, rte_mbuf* packet, const StreamContext& stream,
                            Reason reason) {
    count_of_stream(side, stream, reason);
    drop(side, packet, reason);
}

void Worker::count_of_stream(Side side, const StreamContext& stream, Reason reason) {
    StreamCounters& counters = counters_of(stream);
    counters.dropped_packets.add();
    counters.last_drop[index(side)].store(reason, std::memory_order_relaxed);
    drops_.add({ref_of(stream), side, reason}, [this](const StreamRef& other) {
        return forwarding_.counters[other.id].life.load(std::memory_order_relaxed) != other.life;
    });
}

void Worker::hand_over(Side side, rte_mbuf* packet, std::uint16_t owner) {
    packet->port = forwarding_.port(side).id;
    if (forwarding_.rings[owner].received.give(packet)) {
        counters_.handed_over.add();
    } else {
        drop(side, packet, Reason::handover_full);
    }
}

} // namespace mt6d::dataplane
