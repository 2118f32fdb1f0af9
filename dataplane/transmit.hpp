// SPDX-License-Identifier: BSD-3-Clause
// Packets on their way out of one port, sent in bursts. What a full port does not take is kept
// for a while, and the worker reads no more of what would go there.
#pragma once

#include "dataplane/counters.hpp"
#include "dataplane/worker_ring.hpp"

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>

namespace mt6d::dataplane {

class TransmitQueue {
public:
    static constexpr std::uint16_t capacity = 512;
    static constexpr std::uint16_t burst = 64;

    struct Target {
        std::uint16_t port = 0;
        std::uint16_t queue = 0;
        WorkerRing relay; // not null: of the worker that has a queue of the port
    };

    // `patience`: cycles to keep what the port does not take. `counters`: of the port it leaves
    // by; what is lost here is counted there.
    void open(const Target& target, std::uint64_t patience, PortCounters& counters);

    // Takes the packet over; it leaves with the next flush.
    void push(rte_mbuf* packet) {
        if (count_ == capacity) [[unlikely]] {
            refuse(packet);
            return;
        }
        packets_[count_++] = packet;
    }
    void flush(std::uint64_t now);
    // Frees what is left, counted.
    void close();

    // Whether a whole burst still finds room.
    [[nodiscard]] bool ready() const { return count_ + burst <= capacity; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    // What leaves with the next flush, in that order.
    [[nodiscard]] std::span<rte_mbuf* const> pending() const {
        return std::span(packets_).first(count_);
    }
    [[nodiscard]] bool is_relay() const { return target_.relay.packets != nullptr; }

private:
    std::uint16_t send();
    void refuse(rte_mbuf* packet);
    void drop_all(Reason reason);

    std::array<rte_mbuf*, capacity> packets_{};
    std::uint16_t count_ = 0;
    Target target_{};
    PortCounters* counters_ = nullptr;
    std::uint64_t patience_ = 0;
    std::uint64_t last_progress_ = 0;
};

} // namespace mt6d::dataplane
