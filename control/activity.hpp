// SPDX-License-Identifier: BSD-3-Clause
// When a stream last sent and heard, to a second: by whether its counters grew since they were last
// looked at, once a second. Pure: counts and time come in.
#pragma once

#include "control/clock.hpp"

#include <cstdint>
#include <optional>

namespace mt6d {

class Activity {
public:
    // Packets so far, of any kind.
    struct Counts {
        std::uint64_t sent = 0;
        std::uint64_t heard = 0;
        std::uint64_t dropped = 0;
    };
    // `now`: monotonic nanoseconds.
    void visit(const Counts& counts, std::int64_t now) {
        sent_.visit(counts.sent, now);
        heard_.visit(counts.heard, now);
        dropped_.visit(counts.dropped, now);
    }
    // Whole seconds; none: never.
    [[nodiscard]] std::optional<std::int64_t> sent_ago(std::int64_t now) const {
        return sent_.ago(now);
    }
    [[nodiscard]] std::optional<std::int64_t> heard_ago(std::int64_t now) const {
        return heard_.ago(now);
    }
    [[nodiscard]] std::optional<std::int64_t> dropped_ago(std::int64_t now) const {
        return dropped_.ago(now);
    }

private:
    class Last {
    public:
        void visit(std::uint64_t count, std::int64_t now) {
            if (count != count_) {
                count_ = count;
                at_ = now;
            }
        }
        [[nodiscard]] std::optional<std::int64_t> ago(std::int64_t now) const {
            return count_ == 0 ? std::nullopt : std::optional((now - at_) / nanoseconds_per_second);
        }

    private:
        std::uint64_t count_ = 0;
        std::int64_t at_ = 0; // when it was first seen so
    };
    Last sent_;
    Last heard_;
    Last dropped_;
};

} // namespace mt6d
