// SPDX-License-Identifier: BSD-3-Clause
// What time it is for one rotation time: which salt is active, which routes exist, and how far
// the preparation of the next ones must be (docs/protocol.md, section 3). Pure: times come in.
#pragma once

#include "control/clock.hpp"

#include <mt6d/salt.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace mt6d {

// The routes a gateway holds while one salt is active.
struct SaltWindow {
    Salt first_live = 0;
    Salt last_live = 0;
    Salt prepared = 0; // answered for, neither sent nor received on yet

    [[nodiscard]] constexpr bool live(Salt salt) const {
        return salt >= first_live && salt <= last_live;
    }
    [[nodiscard]] constexpr bool held(Salt salt) const { return live(salt) || salt == prepared; }

    friend bool operator==(const SaltWindow&, const SaltWindow&) = default;
};

// Preconditions: is_rotation_time(rotation); lifetime is a multiple of it, at least twice it.
// Within the first lifetime after the epoch the window is cut off at salt 0.
constexpr SaltWindow salt_window(Salt active, std::uint32_t rotation, std::uint32_t lifetime) {
    const Salt behind = lifetime / rotation - 1;
    return {active > behind ? active - behind : 0, active + 1, active + 2};
}

// Follows the wall clock for one rotation time, forwards and, if it is stepped, backwards.
// Moments before 1970 count as the first of 1970.
class RotationSchedule {
public:
    // Precondition: is_rotation_time(rotation).
    RotationSchedule(std::uint32_t rotation, std::int64_t unix_ns);

    // True if another salt than at the last call is active now.
    bool update(std::int64_t unix_ns);

    // All of these speak of the last update's moment.
    [[nodiscard]] Salt active() const { return active_; }
    [[nodiscard]] std::uint32_t rotation() const { return rotation_; }
    // Unix time in nanoseconds at which the next salt becomes active.
    [[nodiscard]] std::int64_t next_boundary_ns() const;
    // How many of so many streams must have the routes of salt active() + 2 by now, so that the
    // work is spread over the interval and done when `preparation_share` of it has passed.
    [[nodiscard]] std::size_t prepared_goal(std::size_t streams) const;

    static constexpr double preparation_share = 0.8;

private:
    std::uint32_t rotation_;
    std::int64_t unix_ns_ = 0;
    Salt active_ = 0;
};

// Tells a clock that was set from one that drifts: compares the wall clock with the monotonic one.
class ClockWatch {
public:
    // More than this between two calls is a step. Slewing changes at most 500 microseconds a
    // second, so calls may be minutes apart; they are expected several times a second.
    static constexpr std::int64_t threshold_ns = 250'000'000;

    // By how many nanoseconds the wall clock was set since the last call, if it was.
    std::optional<std::int64_t> observe(std::int64_t unix_ns, std::int64_t monotonic_ns);

private:
    std::optional<std::int64_t> difference_; // wall minus monotonic at the last call
};

} // namespace mt6d
