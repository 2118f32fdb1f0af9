// SPDX-License-Identifier: BSD-3-Clause
// Which streams have their turns.
#include "control/control_loop.hpp"

#include <algorithm>

namespace mt6d {

// Those that rotate together with it: of their time, or the first one of a time that is new.
ControlLoop::RotationClass& ControlLoop::class_for(std::size_t stream) {
    const std::size_t at = streams_.context(stream).rotation;
    const RotationSchedule schedule(streams_.stream(stream).options.rotation, clock_.unix_ns());
    while (rotations_by_time_.size() <= at) {
        rotations_by_time_.push_back({schedule, {}});
    }
    RotationClass& rotation = rotations_by_time_[at];
    if (rotation.streams.empty()) {
        rotation = {schedule, {}};
        rotation.schedule.update(clock_.unix_ns());
        publish(rotation);
    }
    return rotation;
}

// At the end of the list: its turn may come once more than it has to in this rotation.
void ControlLoop::adopt(std::size_t stream) {
    std::vector<std::size_t>& together = class_for(stream).streams;
    places_[stream] = static_cast<std::uint32_t>(together.size());
    together.push_back(stream);
    keep_alives_[stream] = {};
    activities_[stream] = {};
    peer_watches_[stream] = {};
    peer_clocks_.reset(stream);
}

// The last one of the list takes its place. Whether either of them had its turn is not known: the
// one that moves has it now, and one more turn is owed than before.
void ControlLoop::abandon(std::size_t stream) {
    RotationClass& rotation = rotations_by_time_[streams_.context(stream).rotation];
    const std::size_t moved = rotation.streams.back();
    rotation.streams[places_[stream]] = moved;
    places_[moved] = places_[stream];
    rotation.streams.pop_back();
    const auto left = static_cast<std::ptrdiff_t>(rotation.streams.size());
    rotation.maintained = std::clamp(rotation.maintained - 1, -left, left);
    if (rotation.next >= rotation.streams.size()) {
        rotation.next = 0;
    }
    if (moved != stream) {
        make_routes(moved);
    }
}

} // namespace mt6d
