// SPDX-License-Identifier: BSD-3-Clause
// What an operator can have the control lcore do.
#include "control/control_loop.hpp"
#include "control/log.hpp"

namespace mt6d {

void ControlLoop::stop_forwarding() {
    if (is_forwarding()) {
        forwarding_.stopped.store(true, std::memory_order_relaxed);
        log::info("gateway", "forwarding stopped by the operator");
    }
}

void ControlLoop::start_forwarding() {
    if (is_forwarding()) {
        return;
    }
    forwarding_.stopped.store(false, std::memory_order_relaxed);
    for (const dataplane::Side side : dataplane::sides) {
        meet_link(side, clock_.monotonic_ns());
    }
    log::info("gateway", "forwarding started by the operator");
}

bool ControlLoop::prepare_again(std::size_t stream) {
    const std::int64_t now = clock_.monotonic_ns();
    const bool complete = reconcile(stream, now);
    std::vector<AdjacencyId> replaced;
    streams_.renew_next_hops(stream, now, replaced);
    release_replaced(replaced);
    streams_.forget_announcements(stream);
    streams_.announce(stream);
    return complete;
}

} // namespace mt6d
