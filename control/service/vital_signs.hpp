// SPDX-License-Identifier: BSD-3-Clause
// What tells from outside whether a gateway is ready, and whether it is alive.
#pragma once

#include "dataplane/counters.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mt6d::service {

struct VitalSigns {
    std::array<bool, dataplane::side_count> link_up{};
    bool clock_synchronised = false;
    // These grow while the threads move, idle ones too.
    std::vector<std::uint64_t> worker_polls{}; // by worker
    std::uint64_t control_ticks = 0;
    std::size_t streams = 0;
};

} // namespace mt6d::service
