// SPDX-License-Identifier: BSD-3-Clause
// What a worker has counted, and holds, at one moment. Taken before and after one packet, the
// difference is what became of that packet.
#pragma once

#include "dataplane/trace.hpp"

#include <rte_mbuf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mt6d::dataplane {

struct Footprint {
    using BySide = std::array<std::size_t, side_count>;

    std::array<std::array<std::uint64_t, reason_count>, side_count> reasons{};
    std::uint64_t originated = 0;
    std::uint64_t handed_over = 0;
    std::uint64_t passed = 0; // unprotected packets and other frames
    // Of the packet's stream.
    std::uint64_t encapsulated_bytes = 0;
    std::uint64_t decapsulated_bytes = 0;
    std::uint64_t heard = 0;  // OpenState::heard
    std::uint64_t number = 0; // the next one to seal with
    // Held.
    BySide leaving{}; // packets in its transmit queues
    std::size_t waiting = 0;
    std::size_t fragments = 0;
};

// Adds to the record what a packet did, and its verdict. `leaving`: the transmit queues, after.
// `number`: that the packet was sealed with, if it came by the tunnel. Precondition: the packet was
// not handed over.
void tell_way(const Footprint& before, const Footprint& after,
              const std::array<std::span<rte_mbuf* const>, side_count>& leaving,
              std::optional<std::uint64_t> number, TraceRecord& record);

// Why the packet ended, if it did: dropped before consumed.
struct End {
    Side side;
    Reason reason;
};
std::optional<End> find_end(const Footprint& before, const Footprint& after);

} // namespace mt6d::dataplane
