// SPDX-License-Identifier: BSD-3-Clause
// What a worker counts. One writer each: the worker; the rest reads.
#pragma once

#include <mt6d/reason.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace mt6d::dataplane {

enum class Side : std::uint8_t { internal, external };
inline constexpr std::array sides{Side::internal, Side::external};
inline constexpr std::size_t side_count = sides.size();

constexpr Side other(Side side) {
    return side == Side::internal ? Side::external : Side::internal;
}
constexpr std::size_t index(Side side) {
    return static_cast<std::size_t>(side);
}
constexpr const char* name(Side side) {
    return side == Side::internal ? "internal" : "external";
}

// A stream as long as it lives: ids are used again.
struct StreamRef {
    std::uint32_t id = 0;   // StreamContext::id
    std::uint16_t life = 0; // StreamCounters::life

    friend bool operator==(const StreamRef&, const StreamRef&) = default;
};

struct PortCounters {
    Counter rx_packets;
    Counter rx_bytes;
    Counter tx_packets;
    Counter tx_bytes;
    Counter proxied_packets; // unprotected ones that came in and were let pass (section 10)
    Counter other_frames;    // likewise, not IPv6
    Counter tagged_frames;   // likewise, VLAN-tagged
    std::array<Counter, reason_count> reasons; // of packets that came in by this port
};

// Of bursts by their sizes' powers of two.
inline constexpr std::size_t burst_size_classes = 7;
// Precondition: a burst of 1 to 64 packets.
constexpr std::size_t burst_size_class(std::uint16_t size) {
    return static_cast<std::size_t>(std::bit_width(size)) - 1;
}

struct alignas(cache_line) WorkerCounters {
    std::array<PortCounters, side_count> ports;
    Counter handed_over; // packets given to another worker, which counts them from there on
    Counter originated;  // packets that the gateway itself made: answers, errors, control
    Counter polls;
    Counter busy_cycles;
    // Bursts taken from ports, by size: 1, 2 and 3, 4 to 7, …, 64.
    std::array<Counter, burst_size_classes> bursts;
};

} // namespace mt6d::dataplane
