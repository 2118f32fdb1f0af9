// SPDX-License-Identifier: BSD-3-Clause
// What a worker does while a service thread wants to see packets (dataplane/inspection.hpp): each
// that somebody wants is taken alone, and told of by what it changed.
#include "dataplane/inspection.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/worker.hpp"

#include <rte_cycles.h>

#include <algorithm>

namespace mt6d::dataplane {
namespace {

// What the packet says that it was sealed with: found without a key.
std::optional<std::uint64_t> number_in(const FrameView& frame, Cipher cipher) {
    const auto tunnel = parse_tunnel(frame.ipv6->next_header, frame.payload());
    if (!tunnel || !tunnel->options.encryption) {
        return std::nullopt;
    }
    const auto* const whole = view_of<be64_t>(tunnel->payload);
    return cipher == Cipher::aes_256_gcm && whole != nullptr ? whole->value()
                                                             : tunnel->options.encryption->number;
}

// Of the session key that the stream sends with just now.
std::uint32_t sending_epoch(const Forwarding& forwarding, const StreamContext& stream) {
    if (forwarding.epochs.empty()) {
        return 0;
    }
    const RouteSlots* const sending = stream.sending.load(std::memory_order_acquire);
    for (const StreamEpochs::Held& held : forwarding.epochs[stream.id].held) {
        if (held.slots.load(std::memory_order_acquire) == sending) {
            return held.epoch.load(std::memory_order_acquire);
        }
    }
    return 0;
}

} // namespace

void Errand::run_once(const Forwarding& forwarding, const WorkerSettings& settings) {
    if (settings.index == worker_ && !done_.load(std::memory_order_relaxed)) {
        run(forwarding, settings);
        done_.store(true, std::memory_order_release);
    }
}

void Worker::begin_inspection() {
    for (const Side side : sides) {
        left_behind_[index(side)] = out_[index(side)].pending().size();
    }
    if (inspection_->errand != nullptr) {
        inspection_->errand->run_once(forwarding_, settings_);
    }
}

// --- one packet after the other ---------------------------------------------------------------

void Worker::take_up_inspected(Side side, std::span<rte_mbuf*> packets, Arrival arrival) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        const Identity identity = identify_arrival(side, packets[i]);
        TraceRecord* const record = record_for(side, identity);
        CaptureQueue* const queue = queue_for(side, packets[i], identity);
        if (record != nullptr || queue != nullptr) {
            take_up(side, packets.subspan(taken, i - taken), arrival);
            taken = i + 1;
            follow(side, packets[i], arrival, identity, record, queue);
        }
    }
    take_up(side, packets.subspan(taken), arrival);
}

// Null: nobody wants to know its way.
TraceRecord* Worker::record_for(Side side, const Identity& identity) const {
    const Trace* const trace = inspection_->trace;
    if (trace == nullptr || trace->left.load(std::memory_order_relaxed) == 0
        || trace->side.value_or(side) != side || !is_of(trace->stream, identity.stream)) {
        return nullptr;
    }
    return trace->buffers[settings_.index]->next();
}

// Null: nobody wants to see it come in, nor dropped.
CaptureQueue* Worker::queue_for(Side side, const rte_mbuf* packet, const Identity& identity) const {
    const Capture* const capture = inspection_->capture;
    const bool wanted = capture != nullptr
                        && (capture->wants(point_in(side)) || capture->wants(CapturePoint::dropped))
                        && is_of(capture->stream, identity.stream)
                        && capture->passes_filter(bytes_of(packet));
    return wanted ? capture->queues[settings_.index].get() : nullptr;
}

void Worker::follow(Side side, rte_mbuf* packet, Arrival arrival, const Identity& identity,
                    TraceRecord* record, CaptureQueue* queue) {
    for (const Side to : sides) {
        serve_waiting(to); // what became possible meanwhile is not this packet's doing
    }
    const std::uint64_t now = rte_rdtsc();
    if (queue != nullptr) {
        queue->keep(bytes_of(packet));
        if (arrival == Arrival::port && inspection_->capture->wants(point_in(side))) {
            queue->push({.cycles = now, .point = point_in(side), .side = side});
        }
    }
    std::optional<std::uint64_t> number;
    if (record != nullptr) {
        begin_record(side, packet, arrival, identity, *record);
        if (identity.route != nullptr && identity.stream->cipher != Cipher::none) {
            number = number_in(*identity.frame, identity.stream->cipher);
        }
    }
    const Footprint before = footprint(identity);
    take_up(side, {&packet, 1}, arrival);
    const Footprint after = footprint(identity);
    const auto end = find_end(before, after);
    if (queue != nullptr && end && text(end->reason).kind == ReasonKind::drop
        && inspection_->capture->wants(CapturePoint::dropped)) {
        queue->push(
            {.cycles = now, .point = CapturePoint::dropped, .side = side, .reason = end->reason});
    }
    // Its owner tells of a packet that was handed over.
    if (record != nullptr && after.handed_over == before.handed_over) {
        finish_record(before, after, number, *record);
    }
}

// --- trace ------------------------------------------------------------------------------------

// What can be said before anything is done to the packet.
void Worker::begin_record(Side side, const rte_mbuf* packet, Arrival arrival,
                          const Identity& identity, TraceRecord& record) const {
    record = {};
    record.cycles = poll_time_;
    record.worker = settings_.index;
    record.side = side;
    record.add({.stage = arrival == Arrival::port ? Stage::received : Stage::relayed,
                .side = side,
                .value = packet->pkt_len});
    if (!identity.frame) {
        record.add({.stage = Stage::classified_frame, .value = packet->pkt_len});
        return;
    }
    const Ipv6Header& ipv6 = *identity.frame->ipv6;
    record.came = AddressPair{ipv6.source, ipv6.destination};
    const auto check = check_discovery(ipv6.next_header, identity.frame->payload());
    if (check && check->discovery) {
        record.add({.stage = Stage::classified_discovery});
        return;
    }
    record.add({.stage = Stage::classified_packet});
    if (identity.stream == nullptr) {
        record.add({.stage = Stage::not_found});
        return;
    }
    record.add({.stage = identity.quoted == nullptr ? Stage::found : Stage::quotes});
    const StreamContext& stream = *identity.stream;
    record.stream = ref_of(stream);
    if (identity.route != nullptr) {
        record.true_pair = {stream.remote, stream.local};
        record.hashed_pair = identity.quoted == nullptr ? *record.came : turned(*identity.quoted);
        record.salt = identity.route->salt;
        record.epoch = identity.route->open != nullptr ? identity.route->open->epoch : 0;
        return;
    }
    record.true_pair = *record.came;
    record.salt = active_salt(stream);
    record.epoch = sending_epoch(forwarding_, stream);
    if (identity.slot != nullptr) {
        record.hashed_pair = {identity.slot->ipv6.source, identity.slot->ipv6.destination};
    }
}

void Worker::finish_record(const Footprint& before, const Footprint& after,
                           std::optional<std::uint64_t> number, TraceRecord& record) {
    tell_way(before, after, {out_[0].pending(), out_[1].pending()}, number, record);
    Trace& trace = *inspection_->trace;
    if (trace.reason && record.reason != trace.reason) {
        return; // the next one is written over it
    }
    // Workers share the number of packets that are still to be told of.
    std::uint32_t left = trace.left.load(std::memory_order_relaxed);
    while (left > 0
           && !trace.left.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) {
    }
    if (left > 0) {
        trace.buffers[settings_.index]->finish();
    }
}

Footprint Worker::footprint(const Identity& identity) const {
    Footprint print;
    for (const Side side : sides) {
        const PortCounters& port = counters_.ports[index(side)];
        std::transform(port.reasons.begin(), port.reasons.end(), print.reasons[index(side)].begin(),
                       [](const Counter& counter) { return counter.value(); });
        print.passed +=
            port.proxied_packets.value() + port.other_frames.value() + port.tagged_frames.value();
        print.leaving[index(side)] = out_[index(side)].pending().size();
        print.waiting += waiting_[index(side)].size();
    }
    print.originated = counters_.originated.value();
    print.handed_over = counters_.handed_over.value();
    print.waiting += lobby_.size();
    print.fragments = settings_.reassembly->size();
    if (identity.stream == nullptr) {
        return print;
    }
    const StreamContext& stream = *identity.stream;
    print.encapsulated_bytes = counters_of(stream).encapsulated_bytes.value();
    print.decapsulated_bytes = counters_of(stream).decapsulated_bytes.value();
    if (identity.route != nullptr && identity.route->open != nullptr) {
        print.heard = identity.route->open->heard.value();
    }
    if (identity.slot != nullptr && identity.slot->seal != nullptr) {
        const SealState& seal = *identity.slot->seal;
        print.number = seal.first + seal.next.load(std::memory_order_relaxed);
    }
    return print;
}

// --- capture ----------------------------------------------------------------------------------

// What this poll has put into the transmit queues. A queue that another worker sends for is shown
// by that one.
void Worker::capture_departures() {
    const Capture* const capture = inspection_->capture;
    if (capture == nullptr) {
        return;
    }
    CaptureQueue& queue = *capture->queues[settings_.index];
    for (const Side side : sides) {
        const TransmitQueue& out = out_[index(side)];
        if (out.is_relay() || !capture->wants(point_out(side))) {
            continue;
        }
        for (const rte_mbuf* const packet : out.pending().subspan(left_behind_[index(side)])) {
            if (capture->passes_filter(bytes_of(packet))
                && (!capture->stream
                    || is_of(capture->stream, identify_departure(side, packet).stream))) {
                queue.keep(bytes_of(packet));
                queue.push({.cycles = rte_rdtsc(), .point = point_out(side), .side = side});
            }
        }
    }
}

} // namespace mt6d::dataplane
