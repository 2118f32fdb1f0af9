// SPDX-License-Identifier: BSD-3-Clause
// A clock that stands still until a test moves it.
#pragma once

#include "control/clock.hpp"

#include <cstdint>

namespace mt6d::test {

class FakeClock final : public Clock {
public:
    explicit FakeClock(std::int64_t unix_ns, std::int64_t monotonic_ns = 0)
        : unix_ns_(unix_ns), monotonic_ns_(monotonic_ns) {}

    [[nodiscard]] std::int64_t unix_ns() const override {
        const std::int64_t now = unix_ns_;
        if (slow_looks_ > 0) {
            --slow_looks_;
            unix_ns_ += pause_ns_;
            monotonic_ns_ += pause_ns_;
        }
        return now;
    }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return monotonic_ns_; }

    // Time passes: both clocks move.
    void advance(std::int64_t ns) {
        unix_ns_ += ns;
        monotonic_ns_ += ns;
    }
    // Whoever looks at the wall clock does much before the next look, so many times.
    void pause_after_looks(int looks, std::int64_t ns) {
        slow_looks_ = looks;
        pause_ns_ = ns;
    }
    // Somebody sets the wall clock: it alone moves.
    void step(std::int64_t ns) { unix_ns_ += ns; }

private:
    mutable std::int64_t unix_ns_;
    mutable std::int64_t monotonic_ns_;
    mutable int slow_looks_ = 0;
    std::int64_t pause_ns_ = 0;
};

} // namespace mt6d::test
