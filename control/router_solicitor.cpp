// SPDX-License-Identifier: BSD-3-Clause
#include "control/router_solicitor.hpp"

#include <algorithm>

namespace mt6d {

void RouterSolicitor::start(std::int64_t now) {
    at_ = now + ((max_delay_ns * std::int64_t{random_()}) >> 32);
    interval_ = 0;
    sent_ = 0;
    heard_ = false;
}

void RouterSolicitor::ask_for_host(std::int64_t now) {
    host_at_ = std::min(host_at_, std::max(now, last_ + host_interval_ns));
}

void RouterSolicitor::heard() {
    heard_ = true;
    if (sent_ > 0) {
        stop();
    }
}

bool RouterSolicitor::advance(std::int64_t now, bool router_known) {
    const bool due = at_ <= now;
    if (!due && host_at_ > now) {
        return false;
    }
    if (due) {
        schedule(now, router_known);
    }
    host_at_ = never;
    last_ = now;
    return true;
}

// RFC 7559, 2: from 4 s on twice the time before, up to an hour, each a tenth more or less.
void RouterSolicitor::schedule(std::int64_t now, bool router_known) {
    ++sent_;
    if (heard_ || (router_known && sent_ >= most_solicitations)) {
        stop();
        return;
    }
    interval_ = sent_ == 1 ? first_interval_ns : std::min(2 * interval_, max_interval_ns);
    const std::int64_t tenth = interval_ / 10;
    const std::int64_t spread = ((2 * tenth >> 10) * std::int64_t{random_()}) >> 22;
    at_ = now + interval_ - tenth + spread;
}

std::optional<std::int64_t> RouterSolicitor::next_deadline() const {
    const std::int64_t next = std::min(at_, host_at_);
    return next == never ? std::nullopt : std::optional(next);
}

} // namespace mt6d
