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

    [[nodiscard]] std::int64_t unix_ns() const override { return unix_ns_; }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return monotonic_ns_; }

    // Time passes: both clocks move.
    void advance(std::int64_t ns) {
        unix_ns_ += ns;
        monotonic_ns_ += ns;
    }
    // Somebody sets the wall clock: it alone moves.
    void step(std::int64_t ns) { unix_ns_ += ns; }

private:
    std::int64_t unix_ns_;
    std::int64_t monotonic_ns_;
};

} // namespace mt6d::test
