// SPDX-License-Identifier: BSD-3-Clause
// Asks a worker what would happen to a packet just now (dataplane/simulation.hpp). Any thread but
// control's.
#pragma once

#include "control/inspect/inspector.hpp"
#include "dataplane/simulation.hpp"

#include <mt6d/result.hpp>

#include <mutex>
#include <vector>

namespace mt6d {

struct Simulated {
    dataplane::TraceRecord record;
    std::vector<dataplane::Simulation::Departure> departures;
};

class Simulator {
public:
    // The inspector outlives it.
    explicit Simulator(Inspector& inspector) : inspector_(inspector) {}
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    // A frame, from the Ethernet header on, that comes in by that port.
    Result<Simulated> run(dataplane::Side side, Bytes frame);

private:
    Inspector& inspector_;
    std::mutex one_at_a_time_;
};

} // namespace mt6d
