// SPDX-License-Identifier: BSD-3-Clause
// Moments that workers noted, in cycles, as the system's clock has them.
#pragma once

#include "control/clock.hpp"

#include <rte_cycles.h>

#include <cstdint>

namespace mt6d {

class CycleTime {
public:
    // Both clocks read at once: good for moments near this one.
    static CycleTime now() { return {rte_rdtsc(), SystemClock().unix_ns()}; }

    [[nodiscard]] std::int64_t unix_ns(std::uint64_t cycles) const {
        const auto since = static_cast<double>(static_cast<std::int64_t>(cycles - cycles_));
        return unix_ns_
               + static_cast<std::int64_t>(since * static_cast<double>(nanoseconds_per_second)
                                           / static_cast<double>(rte_get_tsc_hz()));
    }

private:
    CycleTime(std::uint64_t cycles, std::int64_t unix_ns) : cycles_(cycles), unix_ns_(unix_ns) {}

    std::uint64_t cycles_;
    std::int64_t unix_ns_;
};

} // namespace mt6d
