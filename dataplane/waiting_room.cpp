// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/waiting_room.hpp"

#include "dataplane/encap.hpp"

namespace mt6d::dataplane {

bool WaitingRoom::admit(rte_mbuf* packet, AdjacencyId id, Adjacency& adjacency, Sender sender) {
    const bool stranger = sender == Sender::stranger;
    if (count_ == capacity || (stranger && strangers_ == most_strangers)
        || !adjacency.start_waiting()) {
        return false;
    }
    entries_[count_++] = {packet, id, adjacency.load().generation(), sender};
    strangers_ += stranger ? 1 : 0;
    return true;
}

void WaitingRoom::serve(std::span<Adjacency> adjacencies, TransmitQueue& out,
                        PortCounters& counters) {
    // Asked from the last one to the first: one that becomes known meanwhile lets go those that
    // came first, never the later ones before them.
    std::array<std::uint64_t, capacity> words;
    for (std::size_t i = count_; i-- > 0;) {
        words[i] = adjacencies[entries_[i].adjacency].load().word();
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
        const Entry entry = entries_[i];
        Adjacency& adjacency = adjacencies[entry.adjacency];
        const Adjacency::Value next_hop(words[i]);
        const bool current = next_hop.generation() == entry.generation;
        if (current && next_hop.state() == AdjacencyState::waiting) {
            entries_[kept++] = entry;
            continue;
        }
        adjacency.stop_waiting();
        strangers_ -= entry.sender == Sender::stranger ? 1 : 0;
        if (!current || next_hop.state() == AdjacencyState::failed) {
            counters.reasons[static_cast<std::size_t>(Reason::next_hop_unreachable)].add();
            rte_pktmbuf_free(entry.packet);
        } else {
            set_ethernet_destination(entry.packet, next_hop);
            out.push(entry.packet);
        }
    }
    count_ = kept;
}

void WaitingRoom::close(std::span<Adjacency> adjacencies, PortCounters& counters) {
    for (std::size_t i = 0; i < count_; ++i) {
        adjacencies[entries_[i].adjacency].stop_waiting();
        rte_pktmbuf_free(entries_[i].packet);
    }
    counters.reasons[static_cast<std::size_t>(Reason::stopping)].add(count_);
    count_ = strangers_ = 0;
}

} // namespace mt6d::dataplane
