// SPDX-License-Identifier: BSD-3-Clause
#include "control/rotation.hpp"

#include <algorithm>
#include <cmath>

namespace mt6d {

RotationSchedule::RotationSchedule(std::uint32_t rotation, std::int64_t unix_ns)
    : rotation_(rotation) {
    update(unix_ns);
}

bool RotationSchedule::update(std::int64_t unix_ns) {
    unix_ns_ = std::max<std::int64_t>(unix_ns, 0);
    const Salt salt = salt_at(unix_ns_ / nanoseconds_per_second, rotation_, 0);
    const bool changed = salt != active_;
    active_ = salt;
    return changed;
}

std::int64_t RotationSchedule::next_boundary_ns() const {
    return salt_start(active_ + 1, rotation_) * nanoseconds_per_second;
}

std::size_t RotationSchedule::prepared_goal(std::size_t streams) const {
    const std::int64_t start = salt_start(active_, rotation_) * nanoseconds_per_second;
    const double interval = static_cast<double>(rotation_) * nanoseconds_per_second;
    const double share = static_cast<double>(unix_ns_ - start) / (interval * preparation_share);
    if (share >= 1.0) {
        return streams;
    }
    return static_cast<std::size_t>(std::ceil(share * static_cast<double>(streams)));
}

std::optional<std::int64_t> ClockWatch::observe(std::int64_t unix_ns, std::int64_t monotonic_ns) {
    const std::int64_t difference = unix_ns - monotonic_ns;
    const std::int64_t step = difference - difference_.value_or(difference);
    difference_ = difference;
    if (step > threshold_ns || step < -threshold_ns) {
        return step;
    }
    return std::nullopt;
}

} // namespace mt6d
