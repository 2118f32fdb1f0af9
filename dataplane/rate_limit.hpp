// SPDX-License-Identifier: BSD-3-Clause
// A token bucket over a cycle counter (RFC 4443, 2.4 (f)).
#pragma once

#include <algorithm>
#include <cstdint>

namespace mt6d::dataplane {

class RateLimit {
public:
    // `interval`: cycles to earn one token; `burst`: tokens that can be saved up.
    constexpr RateLimit(std::uint64_t interval, std::uint64_t burst)
        : interval_(interval), burst_(burst), tokens_(burst) {}

    // Takes a token if there is one. `now` never goes back.
    constexpr bool allow(std::uint64_t now) {
        const std::uint64_t earned = (now - last_) / interval_;
        if (earned > 0) {
            tokens_ = earned >= burst_ ? burst_ : std::min(burst_, tokens_ + earned);
            last_ += earned * interval_;
        }
        if (tokens_ == 0) {
            return false;
        }
        --tokens_;
        return true;
    }

private:
    std::uint64_t interval_;
    std::uint64_t burst_;
    std::uint64_t tokens_;
    std::uint64_t last_ = 0;
};

} // namespace mt6d::dataplane
