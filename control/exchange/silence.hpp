// SPDX-License-Identifier: BSD-3-Clause
// How long the peer has not been heard (docs/protocol.md, 9, rule 6). Two questions: has nothing
// been heard, and has data been sent that nothing was heard after. Pure: times come in,
// nanoseconds.
#pragma once

#include "control/clock.hpp"

#include <algorithm>
#include <cstdint>

namespace mt6d {

class Silence {
public:
    static constexpr std::int64_t never = INT64_MAX;

    explicit Silence(std::int64_t now) : heard_at_(now) {}

    void heard(std::int64_t now) {
        heard_at_ = now;
        unanswered_since_ = never;
    }
    void sent_data(std::int64_t now) { unanswered_since_ = std::min(unanswered_since_, now); }

    // Nothing was heard for that long: an offer of recovery may be taken.
    [[nodiscard]] bool quiet(std::int64_t now, std::int64_t limit) const {
        return now - heard_at_ >= limit;
    }
    // When data will have waited that long for anything to be heard: recovery is to be offered.
    [[nodiscard]] std::int64_t lost_at(std::int64_t limit) const {
        return unanswered_since_ == never ? never : unanswered_since_ + limit;
    }
    [[nodiscard]] bool lost(std::int64_t now, std::int64_t limit) const {
        return lost_at(limit) <= now;
    }

    // The clock was set by so much.
    void shift(std::int64_t by) {
        heard_at_ += by;
        if (unanswered_since_ != never) {
            unanswered_since_ += by;
        }
    }

private:
    std::int64_t heard_at_;
    std::int64_t unanswered_since_ = never;
};

} // namespace mt6d
