// SPDX-License-Identifier: BSD-3-Clause
// What a worker counts. One writer each: the worker; the rest reads.
#pragma once

#include <mt6d/reason.hpp>
#include <mt6d/stream.hpp>

#include <array>

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

struct alignas(cache_line) WorkerCounters {
    std::array<PortCounters, side_count> ports;
    Counter handed_over; // packets given to another worker, which counts them from there on
    Counter originated;  // packets that the gateway itself made: answers, errors, control
    Counter polls;
    Counter busy_cycles;
};

} // namespace mt6d::dataplane
