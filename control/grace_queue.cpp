// SPDX-License-Identifier: BSD-3-Clause
#include "control/grace_queue.hpp"

#include <utility>

namespace mt6d {

GraceQueue::GraceQueue(rte_rcu_qsbr* grace, Release release)
    : grace_(grace), release_(std::move(release)) {}

void GraceQueue::advance() {
    while (!waiting_.empty() && rte_rcu_qsbr_check(grace_, waiting_.front().token, false) == 1) {
        release_all(waiting_.front().retired);
        waiting_.pop_front();
    }
    if (!open_.empty()) {
        waiting_.push_back({rte_rcu_qsbr_start(grace_), std::exchange(open_, {})});
    }
}

void GraceQueue::synchronize() {
    rte_rcu_qsbr_synchronize(grace_, RTE_QSBR_THRID_INVALID);
}

void GraceQueue::drain() {
    for (const Batch& batch : std::exchange(waiting_, {})) {
        release_all(batch.retired);
    }
    release_all(std::exchange(open_, {}));
}

void GraceQueue::release_all(const std::vector<Retired>& batch) {
    for (const Retired& retired : batch) {
        if (retired.table != nullptr) {
            retired.table->free_position(retired.position);
        }
        release_(retired);
    }
}

} // namespace mt6d
