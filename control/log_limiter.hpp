// SPDX-License-Identifier: BSD-3-Clause
// Bounds how often lines of a kind are logged: packets cause some of them, and whoever sends
// packets must not be able to fill a disk. Pure: time comes in. For one thread at a time.
#pragma once

#include "control/clock.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace mt6d::log {

class LineLimiter {
public:
    // So many lines of a kind at once, and one a second in the long run.
    static constexpr std::int64_t burst = 64;
    static constexpr std::int64_t interval_ns = nanoseconds_per_second;
    // Kinds have a bucket each; two that share one, by chance, share its allowance as well. So all
    // of the log is bounded, too.
    static constexpr std::size_t buckets = 1024;

    struct Verdict {
        bool passes = false;
        std::uint64_t left_out = 0; // before this one, which passes
        bool last = false;          // the next one would not pass now
    };

    // A line of this kind is to be logged. `now`: monotonic nanoseconds.
    Verdict ask(std::size_t kind, std::int64_t now) {
        Bucket& bucket = buckets_[kind % buckets];
        bucket.full_at = std::max(bucket.full_at, now);
        if (!has_room(bucket, now)) {
            ++bucket.left_out;
            return {};
        }
        bucket.full_at += interval_ns;
        return {.passes = true,
                .left_out = std::exchange(bucket.left_out, 0),
                .last = !has_room(bucket, now)};
    }

private:
    struct Bucket {
        std::int64_t full_at = 0; // when no line counts any more
        std::uint64_t left_out = 0;
    };
    static bool has_room(const Bucket& bucket, std::int64_t now) {
        return bucket.full_at + interval_ns - now <= burst * interval_ns;
    }
    std::array<Bucket, buckets> buckets_{};
};

} // namespace mt6d::log
