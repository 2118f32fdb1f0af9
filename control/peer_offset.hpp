// SPDX-License-Identifier: BSD-3-Clause
// How far a peer's clock is from this one, by when its authenticated packets change to a new salt:
// it did so between the last packet of the old salt and the first of the new one, if they took no
// time on the way. Pure.
#pragma once

#include "control/clock.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace mt6d {

// The peer's clock less this one, in nanoseconds: between these two.
struct PeerOffset {
    std::int64_t least = 0;
    std::int64_t most = 0;

    [[nodiscard]] std::int64_t middle() const { return least + (most - least) / 2; }
    // What is left of it even if the bounds are as kind as they can be.
    [[nodiscard]] std::int64_t at_least() const {
        return least > 0 ? least : std::max<std::int64_t>(-most, 0);
    }
    // And if they are as unkind.
    [[nodiscard]] std::int64_t at_most() const { return std::max(most, -least); }
    [[nodiscard]] double seconds() const { return in_seconds(middle()); }
    [[nodiscard]] double resolution_seconds() const { return in_seconds(most - least); }

private:
    static double in_seconds(std::int64_t ns) {
        return static_cast<double>(ns) / static_cast<double>(nanoseconds_per_second);
    }
};

// When an offset is worth a warning: over a quarter of the rotation time, once, and again when it
// has changed by as much.
class PeerOffsetWatch {
public:
    // Of one boundary. Whether a warning is due.
    bool measure(const PeerOffset& offset, std::uint32_t rotation) {
        const std::int64_t quarter = std::int64_t{rotation} * nanoseconds_per_second / 4;
        if (offset.at_least() <= quarter) {
            if (offset.at_most() <= quarter) {
                warned_.reset(); // else nothing is known that the last warning did not say
            }
            return false;
        }
        const std::int64_t middle = offset.middle();
        if (warned_ && std::max(middle, *warned_) - std::min(middle, *warned_) <= quarter) {
            return false;
        }
        warned_ = middle;
        return true;
    }

private:
    std::optional<std::int64_t> warned_; // of which offset
};

} // namespace mt6d
