// SPDX-License-Identifier: BSD-3-Clause
// How many of something begin in each second. Pure.
#pragma once

#include "control/clock.hpp"

#include <cstdint>

namespace mt6d {

class StartPace {
public:
    explicit StartPace(std::uint32_t a_second) : a_second_(a_second) {}

    // `now` in nanoseconds; never goes back.
    bool allows(std::int64_t now) {
        if (now - second_ >= nanoseconds_per_second) {
            second_ = now;
            begun_ = 0;
        }
        return begun_ < a_second_;
    }
    // Precondition: allows(now).
    void begin() { ++begun_; }

private:
    std::uint32_t a_second_;
    std::int64_t second_ = 0; // when it began
    std::uint32_t begun_ = 0; // since then
};

} // namespace mt6d
