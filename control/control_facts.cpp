// SPDX-License-Identifier: BSD-3-Clause
// What the control lcore says of its streams to others.
#include "control/control_loop.hpp"

#include <algorithm>

namespace mt6d {
namespace {

StreamState state_of(const StreamFacts& facts, bool disabled) {
    const std::int64_t limit = silence_limit_s(facts.options);
    if (disabled) {
        return StreamState::disabled;
    }
    if (facts.heard_ago && *facts.heard_ago <= limit) {
        return StreamState::up;
    }
    if (facts.sent_ago && *facts.sent_ago <= limit) {
        return facts.heard_ago ? StreamState::silent : StreamState::unheard;
    }
    return facts.heard_ago ? StreamState::idle : StreamState::unheard;
}

} // namespace

StreamFacts ControlLoop::facts(std::size_t stream) const {
    const config::Stream& configured = streams_.stream(stream);
    const StreamContext& context = streams_.context(stream);
    const StreamCounters& counters = streams_.counters(stream);
    const RotationSchedule& schedule = rotations_by_time_[context.rotation].schedule;
    const std::int64_t now = clock_.monotonic_ns();
    const std::int64_t unix_ns = clock_.unix_ns();
    StreamFacts facts;
    facts.name = configured.name;
    facts.local = configured.local;
    facts.remote = configured.remote;
    facts.options = configured.options;
    facts.worker = context.owner;
    facts.salt = schedule.active();
    facts.next_rotation_ns = std::max<std::int64_t>(schedule.next_boundary_ns() - unix_ns, 0);
    facts.heard_ago = activities_[stream].heard_ago(now);
    facts.sent_ago = activities_[stream].sent_ago(now);
    facts.dropped_ago = activities_[stream].dropped_ago(now);
    facts.state = state_of(facts, context.disabled.load(std::memory_order_relaxed));
    facts.path_mtu = context.path_mtu.value();
    facts.inner_mtu = inner_mtu(facts.path_mtu, context.cipher);
    facts.peer_offset = peer_clocks_.offset(stream);
    if (exchanger_ != nullptr) {
        facts.keys = exchanger_->facts(stream);
    }
    if (facts.keys && facts.keys->next_change) {
        facts.next_change =
            std::max<std::int64_t>(*facts.keys->next_change - unix_ns, 0) / nanoseconds_per_second;
    }
    for (std::size_t side = 0; side < facts.last_drop.size(); ++side) {
        const Reason reason = counters.last_drop[side].load(std::memory_order_relaxed);
        if (reason != no_drop) {
            facts.last_drop[side] = reason;
        }
    }
    return facts;
}

} // namespace mt6d
