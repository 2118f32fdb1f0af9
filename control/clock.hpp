// SPDX-License-Identifier: BSD-3-Clause
// Time as an interface, so that whatever depends on it can be tested without waiting.
#pragma once

#include <cstdint>
#include <ctime>

namespace mt6d {

inline constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    // Nanoseconds of Unix time; may step. In 64 bits they last until the year 2262.
    [[nodiscard]] virtual std::int64_t unix_ns() const = 0;
    // Nanoseconds since an arbitrary moment; never steps.
    [[nodiscard]] virtual std::int64_t monotonic_ns() const = 0;
};

// The kernel's clocks. Any thread may use it.
class SystemClock final : public Clock {
public:
    [[nodiscard]] std::int64_t unix_ns() const override { return read(CLOCK_REALTIME); }
    [[nodiscard]] std::int64_t monotonic_ns() const override { return read(CLOCK_MONOTONIC); }

private:
    static std::int64_t read(clockid_t id) {
        timespec now{};
        clock_gettime(id, &now); // cannot fail for these two
        return std::int64_t{now.tv_sec} * nanoseconds_per_second + now.tv_nsec;
    }
};

} // namespace mt6d
