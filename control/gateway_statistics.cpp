// SPDX-License-Identifier: BSD-3-Clause
// What a gateway's counters are at this moment.
#include "control/gateway.hpp"

#include <rte_cycles.h>
#include <rte_mempool.h>

#include <algorithm>

namespace mt6d {

using dataplane::Side;
using dataplane::sides;

std::vector<TableUse> Gateway::tables() const {
    std::vector<TableUse> uses;
    const auto add = [&](std::string name, const dataplane::Table& table) {
        uses.push_back(
            {std::move(name), static_cast<std::uint64_t>(table.count()), table.capacity()});
    };
    add("true pairs", *forwarding_.true_pairs);
    add("hashed pairs", *forwarding_.hashed_pairs);
    for (const Side side : sides) {
        add(std::string("answered for, ") + name(side), *forwarding_.targets[index(side)]);
    }
    for (const Side side : sides) {
        add(std::string("neighbors, ") + name(side), *forwarding_.neighbors[index(side)]);
    }
    return uses;
}

std::vector<std::uint64_t> Gateway::worker_polls() const {
    std::vector<std::uint64_t> polls;
    for (const auto& worker : workers_) {
        polls.push_back(worker->counters().polls.value());
    }
    return polls;
}

KeyStatistics Gateway::key_statistics(const KeyStatus& status) {
    if (!status.exchanged) {
        return {};
    }
    KeyStatistics keys{.exchanged = true,
                       .epoch = status.epoch,
                       .state = status.state,
                       .peer_lost = status.peer_lost,
                       .begun = status.begun,
                       .next_change = status.next_change,
                       .changes = status.changes,
                       .recoveries = status.recoveries,
                       .given_up = status.given_up};
    std::copy(status.refused.begin(), status.refused.end(), keys.refused.begin());
    return keys;
}

Statistics Gateway::statistics() const {
    Statistics statistics;
    statistics.time =
        static_cast<double>(clock_.unix_ns()) / static_cast<double>(nanoseconds_per_second);
    statistics.cycles = rte_rdtsc();
    statistics.cycles_per_second = rte_get_tsc_hz();
    statistics.name = config_.name;
    statistics.rotations = control_->rotations();
    statistics.mbufs_in_use = rte_mempool_in_use_count(parts_.pool);
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        const dataplane::WorkerCounters& counters = workers_[i]->counters();
        WorkerStatistics worker;
        worker.worker = static_cast<std::uint32_t>(i);
        worker.lcore = parts_.worker_lcores[i];
        worker.handed_over = counters.handed_over.value();
        worker.originated = counters.originated.value();
        worker.busy_cycles = counters.busy_cycles.value();
        worker.polls = counters.polls.value();
        for (std::size_t size = 0; size < counters.bursts.size(); ++size) {
            worker.bursts[size] = counters.bursts[size].value();
        }
        for (const Side side : sides) {
            const dataplane::PortCounters& from = counters.ports[index(side)];
            PortStatistics& to = statistics.ports[index(side)];
            to.rx_packets += from.rx_packets.value();
            to.rx_bytes += from.rx_bytes.value();
            to.tx_packets += from.tx_packets.value();
            to.tx_bytes += from.tx_bytes.value();
            to.proxied_packets += from.proxied_packets.value();
            to.other_frames += from.other_frames.value();
            to.tagged_frames += from.tagged_frames.value();
            for (std::size_t reason = 0; reason < reason_count; ++reason) {
                const std::uint64_t count = from.reasons[reason].value();
                to.reasons[reason] += count;
                worker.reasons[reason] += count;
            }
            worker.rx_packets += from.rx_packets.value();
            worker.tx_packets += from.tx_packets.value();
        }
        statistics.workers.push_back(worker);
        workers_[i]->stream_drops().each([&](const auto& drop, std::uint64_t packets) {
            statistics.stream_drops.push_back({drop, packets});
        });
        statistics.unlisted_stream_drops += workers_[i]->stream_drops().unlisted();
    }
    const StreamDirectoryPtr streams = directory();
    statistics.stream_count = streams->size();
    for (std::size_t i = 0; i < std::min(streams->size(), max_listed_streams); ++i) {
        if (auto stream = stream_statistics(streams->entries[i])) {
            statistics.streams.push_back(*std::move(stream));
        }
    }
    return statistics;
}

void Gateway::empty_stream_drops() {
    for (const auto& worker : workers_) {
        worker->empty_stream_drops();
    }
}

std::optional<StreamStatistics> Gateway::stream_statistics(const StreamEntry& entry) const {
    const std::size_t slot = entry.id.slot;
    const StreamCounters& counters = streams_->counters(slot);
    StreamStatistics statistics{
        entry.stream->name,
        entry.stream->options.rotation,
        forwarding_.active.salt[entry.rotation].load(std::memory_order_relaxed),
        streams_->context(slot).path_mtu.value(),
        counters.encapsulated_packets.value(),
        counters.encapsulated_bytes.value(),
        counters.decapsulated_packets.value(),
        counters.decapsulated_bytes.value(),
        counters.dropped_packets.value(),
        counters.control_packets_sent.value(),
        counters.control_packets_heard.value(),
        exchanger_ == nullptr ? KeyStatistics{} : key_statistics(exchanger_->status(slot)),
        peer_clocks_->offset(slot)};
    // What was read may be another stream's by now.
    return streams_->is_now(entry.id) ? std::optional(std::move(statistics)) : std::nullopt;
}

} // namespace mt6d
