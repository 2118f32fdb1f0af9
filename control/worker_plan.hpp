// SPDX-License-Identifier: BSD-3-Clause
// Which worker uses which queue of which port. Where a port offers fewer queues than there are
// workers, some workers get packets from the others, and send through them.
#pragma once

#include "dataplane/counters.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mt6d {

struct PortQueues {
    std::uint16_t rx = 1;
    std::uint16_t tx = 1;
};

struct WorkerPlan {
    struct Transmit {
        std::uint16_t queue = 0;
        std::optional<std::uint16_t> relay; // the worker that has the queue, if it is not this one
    };
    std::array<std::optional<std::uint16_t>, dataplane::side_count> rx_queue;
    std::array<Transmit, dataplane::side_count> transmit;

    // "polls internal queue 0, sends external through worker 1", for the log.
    [[nodiscard]] std::string text() const;
};

// Precondition: at least one worker, and at least one queue each way on each port.
std::vector<WorkerPlan> plan_workers(std::uint16_t workers,
                                     const std::array<PortQueues, dataplane::side_count>& ports);

} // namespace mt6d
