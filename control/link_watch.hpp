// SPDX-License-Identifier: BSD-3-Clause
// Tells when a port's link has come back. Control lcore alone.
#pragma once

#include "control/clock.hpp"
#include "control/port_link.hpp"
#include "dataplane/counters.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace mt6d {

class LinkWatch {
public:
    static constexpr std::int64_t interval_ns = nanoseconds_per_second / 10;

    // `ports`: of the internal and the external side.
    explicit LinkWatch(const std::array<std::uint16_t, dataplane::side_count>& ports);

    // A side whose link was down when last looked at and is up now; one a call. `now`: monotonic
    // nanoseconds.
    std::optional<dataplane::Side> came_up(std::int64_t now);

private:
    std::array<PortLink, dataplane::side_count> links_;
    std::array<bool, dataplane::side_count> up_{true, true};
    std::array<std::int64_t, dataplane::side_count> next_{};
};

} // namespace mt6d
