// SPDX-License-Identifier: BSD-3-Clause
// How much a gateway's tables hold: fixed at its start, with a reserve for streams that come later.
// Pure.
#pragma once

#include "control/config/config.hpp"

#include <mt6d/stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mt6d {

// How many there are at a time.
struct StreamRoom {
    std::size_t streams = 0;
    std::size_t routes = 0;
    // Hashed addresses whose end is remembered: neighbours that talked to one a moment ago ask
    // where it is for up to a minute (RFC 4861, 7.3.3).
    std::size_t departed = 0;

    StreamRoom& operator+=(const StreamRoom& other) {
        streams += other.streams;
        routes += other.routes;
        departed += other.departed;
        return *this;
    }
    [[nodiscard]] bool holds(const StreamRoom& needed) const {
        return needed.streams <= streams && needed.routes <= routes;
    }
};

inline constexpr std::size_t departed_seconds = 90;

// What one stream takes: routes that are live, the prepared one, of each key that it may have.
constexpr StreamRoom room_of(const config::StreamOptions& options) {
    const bool exchanges = options.rekey.method != KeyMethod::off;
    return {1, (options.lifetime / options.rotation + 2) * (exchanges ? epochs_held : 1),
            2 * (departed_seconds / options.rotation + 2)};
}

// Streams that a gateway can have where the configuration does not say: twice as many as it starts
// with, but at least 256 more, and no more than 4096 more unasked, since each takes memory.
constexpr std::size_t streams_at_most(const config::Config& config) {
    constexpr std::size_t least_reserve = 256;
    constexpr std::size_t most_reserve = 4096;
    const std::size_t now = config.streams.size();
    return config.streams_at_most.value_or(now + std::clamp(now, least_reserve, most_reserve));
}

// For the streams of the configuration, and for more of the usual options.
inline StreamRoom room_for(const config::Config& config) {
    StreamRoom room;
    for (const config::Stream& stream : config.streams) {
        room += room_of(stream.options);
    }
    const std::size_t more = streams_at_most(config) - room.streams;
    const StreamRoom usual = room_of({});
    room += {more, more * usual.routes, more * usual.departed};
    if (config.unprotected != config::Unprotected::proxy) {
        room.departed = 0; // nothing is looked for inside
    }
    return room;
}

} // namespace mt6d
