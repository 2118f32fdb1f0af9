// SPDX-License-Identifier: BSD-3-Clause
// The counters of one moment, and how an operator or a program reads them.
#pragma once

#include "control/exchange/key_refusal.hpp"
#include "control/peer_offset.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/stream_drops.hpp"

#include <mt6d/salt.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mt6d {

struct PortStatistics {
    std::uint64_t rx_packets = 0;
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_packets = 0;
    std::uint64_t tx_bytes = 0;
    std::uint64_t proxied_packets = 0; // unprotected, let pass (docs/protocol.md, section 10)
    std::uint64_t other_frames = 0;    // likewise, not IPv6
    std::uint64_t tagged_frames = 0;   // likewise, VLAN-tagged
    std::uint64_t missed = 0;          // that the port itself had no room for
    std::uint64_t rx_errors = 0;       // that the port itself found broken
    std::uint64_t tx_errors = 0;       // that the port took, counted as sent, and could not send
    std::array<std::uint64_t, reason_count> reasons{};
};

struct WorkerStatistics {
    std::uint32_t worker = 0;
    std::uint32_t lcore = 0;
    std::uint64_t rx_packets = 0;
    std::uint64_t tx_packets = 0;
    std::uint64_t handed_over = 0;
    std::uint64_t originated = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t polls = 0; // of the ports and rings, with or without packets
    std::array<std::uint64_t, dataplane::burst_size_classes> bursts{}; // from ports, by size
    std::array<std::uint64_t, reason_count> reasons{};                 // of both ports
};

// Of a stream's key exchange (docs/protocol.md, section 9).
struct KeyStatistics {
    bool exchanged = false; // else all of it says nothing
    std::uint32_t epoch = 0;
    KeyState state = KeyState::idle;
    bool peer_lost = false;
    std::int64_t begun = 0;       // the epoch, Unix seconds; 0: epoch 0
    std::int64_t next_change = 0; // Unix seconds; 0: none is planned
    std::uint32_t changes = 0;
    std::uint32_t recoveries = 0;
    std::uint32_t given_up = 0;
    std::array<std::uint32_t, key_refusal_count> refused{}; // messages, by KeyRefusal
};

struct StreamStatistics {
    std::string name;
    std::uint32_t rotation = 0; // seconds
    Salt salt = 0;              // the active one
    std::uint32_t path_mtu = 0; // largest tunnel packet, bytes
    std::uint64_t encapsulated_packets = 0;
    std::uint64_t encapsulated_bytes = 0;
    std::uint64_t decapsulated_packets = 0;
    std::uint64_t decapsulated_bytes = 0;
    std::uint64_t dropped_packets = 0;
    std::uint64_t control_packets_sent = 0;
    std::uint64_t control_packets_heard = 0;
    KeyStatistics keys;
    std::optional<PeerOffset> peer_offset; // none: unknown
};

struct StreamDropStatistics {
    dataplane::StreamDrop drop;
    std::uint64_t packets = 0;
};

struct Statistics {
    double time = 0; // Unix seconds
    std::uint64_t cycles = 0;
    std::uint64_t cycles_per_second = 1;
    std::string name;
    std::array<PortStatistics, dataplane::side_count> ports;
    std::vector<WorkerStatistics> workers;
    std::vector<StreamStatistics> streams; // the first so many
    std::size_t stream_count = 0;
    // Of those that there are, since they were emptied.
    std::vector<StreamDropStatistics> stream_drops;
    std::uint64_t unlisted_stream_drops = 0; // packets for which there was no room in that list
    std::uint64_t rotations = 0;
    std::uint32_t mbufs_in_use = 0;
};

// Streams listed one by one at the most.
inline constexpr std::size_t max_listed_streams = 64;

// What became of the packets between two moments. `previous` may be all zero: since the start.
std::string format_text(const Statistics& now, const Statistics& previous);
// One line; `event` is "ready", "stats" or "summary".
std::string format_json(const Statistics& now, const Statistics& previous, const char* event);

} // namespace mt6d
