// SPDX-License-Identifier: BSD-3-Clause
#include "control/inspect/inspector.hpp"

#include <rte_rcu_qsbr.h>

#include <thread>
#include <utility>

namespace mt6d {

Inspector::Inspector(dataplane::Forwarding& forwarding, std::size_t workers)
    : forwarding_(forwarding), workers_(workers) {}

// A worker that sleeps, or has ended, is offline and holds nothing up.
void Inspector::publish() {
    auto next = wanted_.empty() ? nullptr : std::make_unique<const dataplane::Inspection>(wanted_);
    forwarding_.inspection.store(next.get(), std::memory_order_release);
    forwarding_.wake_workers();
    rte_rcu_qsbr_synchronize(forwarding_.grace, RTE_QSBR_THRID_INVALID);
    published_ = std::move(next);
}

void Inspector::show(dataplane::Trace* trace) {
    const std::lock_guard lock(mutex_);
    wanted_.trace = trace;
    publish();
}

void Inspector::show(dataplane::Capture* capture) {
    const std::lock_guard lock(mutex_);
    wanted_.capture = capture;
    publish();
}

Result<> Inspector::run(dataplane::Errand& errand) {
    const std::lock_guard one_at_a_time(errands_);
    const auto order = [this](dataplane::Errand* wanted) {
        const std::lock_guard lock(mutex_);
        wanted_.errand = wanted;
        publish();
    };
    order(&errand);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!errand.is_done() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    order(nullptr); // from here on it is not touched any more
    return errand.is_done()
               ? Result<>()
               : Error{"the worker did not come to it within 2 s: show workers tells how busy it "
                       "is, and whether it runs at all"};
}

} // namespace mt6d
