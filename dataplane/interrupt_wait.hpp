// SPDX-License-Identifier: BSD-3-Clause
// Blocks an idle worker until a packet comes to one of its receive queues, or its doorbell is rung.
#pragma once

#include "dataplane/doorbell.hpp"

#include <rte_epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace mt6d::dataplane {

class InterruptWait {
public:
    // A blocked worker is awake at least so often: what has no event is due by then, and who
    // watches over workers sees that it moves.
    static constexpr int longest_ms = 100;

    InterruptWait() = default;
    ~InterruptWait() { close(); }
    InterruptWait(const InterruptWait&) = delete;
    InterruptWait& operator=(const InterruptWait&) = delete;

    // --- while the worker does not run
    // `bell` is open, and outlives it. False: errno says why.
    bool open(Doorbell& bell);
    // Of a started port; at most two of them. False: the port cannot tell of packets.
    bool watch(std::uint16_t port, std::uint16_t queue);
    void close();
    [[nodiscard]] bool is_open() const { return epoll_ >= 0; }

    // --- the worker
    // Before it looks a last time.
    void arm();
    // Returns at once if something came since arm(). False: nothing did for a long time.
    bool block();
    void disarm();

private:
    struct Queue {
        std::uint16_t port;
        std::uint16_t queue;
        bool is_armed_by_port;      // else its descriptor is readable while packets wait
        rte_epoll_event readable{}; // of that descriptor
    };
    static constexpr std::size_t most_queues = 2;

    bool watch_descriptor(Queue& queue);
    void forget(Queue& queue);

    int epoll_ = -1;
    Doorbell* bell_ = nullptr;
    rte_epoll_event rung_{};
    std::array<Queue, most_queues> queues_{};
    std::size_t count_ = 0;
};

} // namespace mt6d::dataplane
