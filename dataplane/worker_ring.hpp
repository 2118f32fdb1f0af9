// SPDX-License-Identifier: BSD-3-Clause
// A ring of packets for one worker, and the doorbell that tells it of them.
#pragma once

#include "dataplane/doorbell.hpp"

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <cstdint>
#include <span>

namespace mt6d::dataplane {

struct WorkerRing {
    rte_ring* packets = nullptr; // one consumer: the worker
    Doorbell* bell = nullptr;    // the worker's; null: it never blocks

    // Any thread. True: it took the packet over.
    [[nodiscard]] bool give(rte_mbuf* packet) const {
        const bool given = rte_ring_enqueue(packets, packet) == 0;
        ring_bell();
        return given;
    }
    // Any thread. How many it took over, from the front.
    [[nodiscard]] std::uint16_t give(std::span<rte_mbuf*> burst) const {
        const unsigned given =
            rte_ring_enqueue_burst(packets, reinterpret_cast<void**>(burst.data()),
                                   static_cast<unsigned>(burst.size()), nullptr);
        ring_bell();
        return static_cast<std::uint16_t>(given);
    }
    // The worker. How many there were, at most as many as there is room for.
    [[nodiscard]] unsigned take(std::span<rte_mbuf*> room) const {
        return rte_ring_sc_dequeue_burst(packets, reinterpret_cast<void**>(room.data()),
                                         static_cast<unsigned>(room.size()), nullptr);
    }
    [[nodiscard]] bool empty() const { return rte_ring_empty(packets) != 0; }
    void ring_bell() const {
        if (bell != nullptr) {
            bell->ring();
        }
    }
};

} // namespace mt6d::dataplane
