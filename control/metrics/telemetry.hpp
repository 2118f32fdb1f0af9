// SPDX-License-Identifier: BSD-3-Clause
// The gateway in DPDK's telemetry, under /mt6d/…, for dpdk-telemetry.py and what else reads it.
// Answers are made on threads of EAL's.
#pragma once

#include "control/appliance.hpp"

namespace mt6d::metrics {

// While one lives, commands are answered: of one appliance, which runs. One at a time. EAL knows
// the commands from the first one on, for good.
class Telemetry {
public:
    explicit Telemetry(const Appliance& appliance);
    ~Telemetry();
    Telemetry(const Telemetry&) = delete;
    Telemetry& operator=(const Telemetry&) = delete;
};

} // namespace mt6d::metrics
