// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/snapshot.hpp"

#include "control/appliance.hpp"
#include "control/events/event_log.hpp"

#include <rte_version.h>

#include <numeric>
#include <utility>

namespace mt6d::metrics {
namespace {

void add(StreamStatistics& sum, const StreamStatistics& stream) {
    sum.encapsulated_packets += stream.encapsulated_packets;
    sum.encapsulated_bytes += stream.encapsulated_bytes;
    sum.decapsulated_packets += stream.decapsulated_packets;
    sum.decapsulated_bytes += stream.decapsulated_bytes;
    sum.dropped_packets += stream.dropped_packets;
    sum.control_packets_sent += stream.control_packets_sent;
    sum.control_packets_heard += stream.control_packets_heard;
    sum.keys.exchanged |= stream.keys.exchanged;
    sum.keys.changes += stream.keys.changes;
    sum.keys.recoveries += stream.keys.recoveries;
    sum.keys.given_up += stream.keys.given_up;
}

} // namespace

Snapshot take_snapshot(const Appliance& appliance, double start_time, std::size_t named) {
    const Gateway& gateway = appliance.gateway();
    Snapshot snapshot;
    snapshot.statistics = appliance.statistics();
    snapshot.dpdk = rte_version();
    snapshot.start_time = start_time;
    snapshot.mbufs = gateway.pool()->size;
    snapshot.events_lost = events::lost();
    const StreamDirectoryPtr streams = gateway.directory();
    for (const StreamEntry& entry : streams->entries) {
        std::optional<StreamStatistics> stream = gateway.stream_statistics(entry);
        if (!stream) {
            continue; // it went a moment ago
        }
        snapshot.given_up += stream->keys.given_up;
        for (std::size_t reason = 0; reason < key_refusal_count; ++reason) {
            snapshot.refused[reason] += stream->keys.refused[reason];
        }
        if (snapshot.streams.size() < named) {
            snapshot.streams.push_back(*std::move(stream));
        } else {
            add(snapshot.others, *stream);
        }
    }
    return snapshot;
}

} // namespace mt6d::metrics
