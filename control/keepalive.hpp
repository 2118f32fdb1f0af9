// SPDX-License-Identifier: BSD-3-Clause
// When a stream owes its peer a sign of life: it has received data and sent nothing for 10 s
// (docs/protocol.md, section 6). Pure: counts and time come in.
#pragma once

#include "control/clock.hpp"

#include <cstdint>
#include <optional>

namespace mt6d {

class KeepAlive {
public:
    static constexpr std::int64_t interval_ns = 10 * nanoseconds_per_second;

    // `sent`: packets so far of any kind, `heard`: data packets so far. True if a control packet
    // is to be sent now.
    bool due(std::uint64_t sent, std::uint64_t heard, std::int64_t now) {
        if (sent != sent_) {
            sent_ = sent;
            heard_ = heard;
            unanswered_since_.reset();
            return false;
        }
        if (heard != heard_ && !unanswered_since_) {
            unanswered_since_ = now;
        }
        if (!unanswered_since_ || now - *unanswered_since_ < interval_ns) {
            return false;
        }
        heard_ = heard;
        unanswered_since_.reset();
        return true;
    }

private:
    std::uint64_t sent_ = 0;
    std::uint64_t heard_ = 0; // when something was last sent
    std::optional<std::int64_t> unanswered_since_;
};

} // namespace mt6d
