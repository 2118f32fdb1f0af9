// SPDX-License-Identifier: BSD-3-Clause
// Packets whose next hop on one side has not answered yet (docs/protocol.md, section 7.4).
#pragma once

#include "dataplane/forwarding.hpp"
#include "dataplane/transmit.hpp"

#include <rte_mbuf.h>

#include <array>

namespace mt6d::dataplane {

// Of a packet that waits.
enum class Sender : std::uint8_t { stream, stranger };

class WaitingRoom {
public:
    static constexpr std::size_t capacity = 256;

    // Strangers have half of it, so that whoever asks for nobody leaves streams their places.
    static constexpr std::size_t most_strangers = capacity / 2;

    // Takes the packet over unless it returns false.
    bool admit(rte_mbuf* packet, AdjacencyId id, Adjacency& adjacency, Sender sender);
    // Lets go those whose next hop is known now, and drops those for which there is none.
    // `counters`: of the port they came in by.
    void serve(std::span<Adjacency> adjacencies, TransmitQueue& out, PortCounters& counters);
    // Frees what is left, counted.
    void close(std::span<Adjacency> adjacencies, PortCounters& counters);

    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::size_t size() const { return count_; }

private:
    struct Entry {
        rte_mbuf* packet;
        AdjacencyId adjacency;
        std::uint8_t generation; // of the adjacency, when it came
        Sender sender;
    };
    std::array<Entry, capacity> entries_{};
    std::size_t count_ = 0;
    std::size_t strangers_ = 0; // of them
};

} // namespace mt6d::dataplane
