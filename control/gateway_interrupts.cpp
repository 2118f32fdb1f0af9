// SPDX-License-Identifier: BSD-3-Clause
// Workers that their ports wake (idle: interrupt), as far as the ports can.
#include "control/gateway.hpp"
#include "control/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mt6d {

using dataplane::Side;
using dataplane::sides;

// Opens nothing for a worker that a port cannot wake: that one sleeps. It is said once a port.
void Gateway::open_interrupts() {
    std::array<bool, dataplane::side_count> lacking{};
    std::size_t woken = 0;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        if (watch_ports(i, lacking)) {
            ++woken;
        } else {
            interrupts_[i].close();
        }
    }
    for (const Side side : sides) {
        if (lacking[index(side)]) {
            const auto& port = side == Side::internal ? config_.internal : config_.external;
            log::warning("worker",
                         "idle: interrupt: the {} port, {}, cannot wake workers: idle ones that "
                         "poll it sleep",
                         name(side), port.device);
        }
    }
    log::info("worker", "idle: interrupt: {} of {} worker(s) woken by their ports", woken,
              workers_.size());
}

bool Gateway::watch_ports(std::size_t worker, std::array<bool, dataplane::side_count>& lacking) {
    dataplane::InterruptWait& interrupts = interrupts_[worker];
    if (!interrupts.open(*doorbells_[worker])) {
        log::warning("worker", "{}: sleeps when idle: {}", worker, std::strerror(errno));
        return false;
    }
    bool all = true;
    for (const Side side : sides) {
        const auto queue = plan_[worker].rx_queue[index(side)];
        if (queue && !interrupts.watch(forwarding_.port(side).id, *queue)) {
            lacking[index(side)] = true;
            all = false;
        }
    }
    return all;
}

} // namespace mt6d
