// SPDX-License-Identifier: BSD-3-Clause
// What metrics are made of: one moment's counters.
#pragma once

#include "control/exchange/key_refusal.hpp"
#include "control/statistics.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mt6d {
class Appliance;
}

namespace mt6d::metrics {

struct Snapshot {
    Statistics statistics; // its list of streams is not used
    std::string dpdk;      // its version
    double start_time = 0; // Unix seconds
    std::uint32_t mbufs = 0;
    std::uint64_t events_lost = 0;
    std::vector<StreamStatistics> streams; // the first so many
    StreamStatistics others;               // the packets and keys of the rest, added up
    // Of all streams.
    std::uint64_t given_up = 0;
    std::array<std::uint64_t, key_refusal_count> refused{};
};

// Reads workers' counters, which costs them nothing but the loss of a cache line now and then.
// `named`: how many streams are listed. Any thread, while the appliance runs.
Snapshot take_snapshot(const Appliance& appliance, double start_time, std::size_t named);

} // namespace mt6d::metrics
