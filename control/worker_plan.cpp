// SPDX-License-Identifier: BSD-3-Clause
#include "control/worker_plan.hpp"

#include <algorithm>

namespace mt6d {
namespace {

using dataplane::Side;

// The worker that has a port's queue. The two ports start from opposite ends, so that two
// workers on two ports of one queue have one each.
std::uint16_t worker_of(Side side, std::uint16_t queue, std::uint16_t workers) {
    return side == Side::internal ? queue : static_cast<std::uint16_t>(workers - 1 - queue);
}

} // namespace

std::vector<WorkerPlan> plan_workers(std::uint16_t workers,
                                     const std::array<PortQueues, dataplane::side_count>& ports) {
    std::vector<WorkerPlan> plans(workers);
    for (const Side side : dataplane::sides) {
        const std::size_t at = index(side);
        for (std::uint16_t queue = 0; queue < std::min(workers, ports[at].rx); ++queue) {
            plans[worker_of(side, queue, workers)].rx_queue[at] = queue;
        }
        const std::uint16_t tx_queues = std::min(workers, ports[at].tx);
        for (std::uint16_t i = 0; i < workers; ++i) {
            const auto queue = static_cast<std::uint16_t>(i % tx_queues);
            const std::uint16_t user = worker_of(side, queue, workers);
            const std::uint16_t worker = worker_of(side, i, workers);
            plans[worker].transmit[at].queue = queue;
            if (user != worker) {
                plans[worker].transmit[at].relay = user;
            }
        }
    }
    return plans;
}

std::string WorkerPlan::text() const {
    std::string polls;
    std::string relays;
    for (const Side side : dataplane::sides) {
        if (const auto queue = rx_queue[index(side)]) {
            polls += polls.empty() ? "polls " : " and ";
            polls += std::string(name(side)) + " queue " + std::to_string(*queue);
        }
        if (const auto relay = transmit[index(side)].relay) {
            relays += std::string(", sends to ") + name(side) + " through worker "
                      + std::to_string(*relay);
        }
    }
    return (polls.empty() ? "gets its packets from the others" : polls) + relays;
}

} // namespace mt6d
