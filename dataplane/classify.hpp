// SPDX-License-Identifier: BSD-3-Clause
// First stage: frames of a burst are parsed and sorted into discovery, candidates for a table
// lookup, and what goes nowhere.
#pragma once

#include "dataplane/counters.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/parse.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace mt6d::dataplane {

struct Candidate {
    rte_mbuf* packet;
    FrameView frame;
};

// Of a bulk lookup.
inline bool hit(std::uint64_t hits, std::uint32_t i) {
    return (hits >> i & 1U) != 0;
}

// Calls visit(i) for each of them.
template <class Visit>
void each_hit(std::uint64_t hits, Visit visit) {
    for (; hits != 0; hits &= hits - 1) {
        visit(static_cast<std::uint32_t>(std::countr_zero(hits)));
    }
}

struct Burst {
    static constexpr std::size_t size = Table::max_bulk;

    struct Refused {
        rte_mbuf* packet;
        Reason reason;
    };
    struct Discovery {
        Candidate candidate;
        DiscoveryCheck check;
    };

    // `keys[i]` is the pair of addresses of `candidates[i]`, where it lies in the packet.
    std::array<Candidate, size> candidates;
    std::array<const void*, size> keys;
    std::array<Discovery, size> discovery;
    std::array<Refused, size> refused;
    std::uint32_t candidate_count = 0;
    std::uint32_t discovery_count = 0;
    std::uint32_t refused_count = 0;
};

// At most Burst::size packets, that came in by `port`.
void classify(std::span<rte_mbuf*> packets, const PortInfo& port, Burst& burst);

} // namespace mt6d::dataplane
