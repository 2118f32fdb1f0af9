// SPDX-License-Identifier: BSD-3-Clause
// The rotation times that streams have, by the number under which workers find the active salt of
// each (ActiveSalts). A number is another time's once no stream has it. Pure.
#pragma once

#include <mt6d/stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace mt6d {

class RotationTimes {
public:
    // For one stream more, to be given back. None: max_rotation_times others are in use.
    std::optional<std::uint8_t> take(std::uint32_t seconds) {
        std::optional<std::size_t> at;
        for (std::size_t i = times_.size(); i > 0; --i) {
            const Time& time = times_[i - 1];
            if (time.streams > 0 && time.seconds == seconds) {
                at = i - 1;
                break;
            }
            if (time.streams == 0) {
                at = i - 1; // the first one, unless the time is known
            }
        }
        if (!at) {
            return std::nullopt;
        }
        times_[*at].seconds = seconds;
        ++times_[*at].streams;
        return static_cast<std::uint8_t>(*at);
    }
    void give(std::uint8_t number) { --times_[number].streams; }

private:
    struct Time {
        std::uint32_t seconds = 0;
        std::size_t streams = 0;
    };
    std::array<Time, max_rotation_times> times_{};
};

} // namespace mt6d
