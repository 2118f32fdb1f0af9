// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/simulator.hpp"

#include <string>
#include <utility>

namespace mt6d {

Result<Simulated> Simulator::run(dataplane::Side side, Bytes frame) {
    const std::lock_guard lock(one_at_a_time_);
    const auto workers = static_cast<std::uint16_t>(inspector_.workers());
    std::uint16_t worker = 0;
    // Whoever is asked first knows the owner; it cannot change meanwhile but by the stream's end.
    for (int attempts = 0; attempts < 3; ++attempts) {
        const auto simulation =
            dataplane::Simulation::create(inspector_.forwarding(), side, frame, worker, workers);
        if (simulation == nullptr) {
            return Error{"a frame of " + std::to_string(frame.size())
                         + " bytes: larger than a packet buffer, or there is no memory for a "
                           "simulation (show memory)"};
        }
        if (auto done = inspector_.run(*simulation); !done) {
            return std::move(done).error().in("worker " + std::to_string(worker));
        }
        if (const auto owner = simulation->owner()) {
            worker = *owner;
        } else if (const auto record = simulation->record()) {
            return Simulated{*record, simulation->take_departures()};
        }
    }
    return Error{"the packet's stream changes just now: ask again"};
}

} // namespace mt6d
