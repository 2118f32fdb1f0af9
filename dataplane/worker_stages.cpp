// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with a burst: classify, then into the tunnel or out of it.
#include "dataplane/neighbor.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/worker.hpp"

namespace mt6d::dataplane {

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

} // namespace mt6d::dataplane
