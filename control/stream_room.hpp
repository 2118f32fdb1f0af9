// SPDX-License-Identifier: BSD-3-Clause
// How much a gateway's tables hold: fixed at its start, with a reserve for streams that come later.
// Pure.
#pragma once

#include "control/config/config.hpp"
#include "control/routed_prefixes.hpp"

#include <mt6d/stream.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mt6d {

// How many there are at a time.
struct StreamRoom {
    std::size_t streams = 0;
    std::size_t routes = 0;
    // Of their hashed addresses: local hosts', that are answered for; peers' that hosts could come
    // to see, with those that are foreseen; and next hops. Routed prefixes have none of them.
    std::size_t answered = 0;
    std::size_t hidden = 0;
    std::size_t next_hops = 0;
    // Hashed addresses whose end is remembered: neighbours that talked to one a moment ago ask
    // where it is for up to a minute (RFC 4861, 7.3.3).
    std::size_t departed = 0;

    StreamRoom& operator+=(const StreamRoom& other) {
        streams += other.streams;
        routes += other.routes;
        answered += other.answered;
        hidden += other.hidden;
        next_hops += other.next_hops;
        departed += other.departed;
        return *this;
    }
    [[nodiscard]] bool holds(const StreamRoom& needed) const {
        return needed.streams <= streams && needed.routes <= routes && needed.answered <= answered
               && needed.hidden <= hidden && needed.next_hops <= next_hops;
    }
};

inline constexpr std::size_t departed_seconds = 90;

// Which of a stream's hosts have hashed addresses in a routed prefix.
struct RoutedHosts {
    bool local = false;
    bool remote = false;
};

// What one stream takes: routes that are live, the prepared one, of each key that it may have.
constexpr StreamRoom room_of(const config::StreamOptions& options, const RoutedHosts& routed = {}) {
    const bool exchanges = options.rekey.method != KeyMethod::off;
    const std::size_t routes =
        (options.lifetime / options.rotation + 2) * (exchanges ? epochs_held : 1);
    const bool both = routed.local && routed.remote;
    return {.streams = 1,
            .routes = routes,
            .answered = routed.local ? 0 : routes,
            .hidden = both ? 0 : 3 * routes,
            .next_hops = routed.remote ? 0 : routes,
            .departed = both ? 0 : 2 * (departed_seconds / options.rotation + 2)};
}

inline StreamRoom room_of(const config::Stream& stream, const dataplane::RoutedPrefixes& routed) {
    const auto lies_in = [](const config::Host& host, const PrefixSet& prefixes) {
        if (!host.hashed_prefix) {
            return false;
        }
        const Ipv6Address first = host.hashed_prefix->address;
        Ipv6Address last = first;
        std::fill(last.bytes.begin() + 8, last.bytes.end(), std::uint8_t{0xff});
        return prefixes.contains(first) && prefixes.contains(last);
    };
    return room_of(stream.options,
                   {lies_in(stream.local, routed.here), lies_in(stream.remote, routed.beyond)});
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
    std::vector<const config::Stream*> streams;
    for (const config::Stream& stream : config.streams) {
        streams.push_back(&stream);
    }
    const dataplane::RoutedPrefixes routed = routed_prefixes(config.external, streams);
    StreamRoom room;
    for (const config::Stream* const stream : streams) {
        room += room_of(*stream, routed);
    }
    const StreamRoom usual = room_of(config::StreamOptions{});
    for (std::size_t more = streams_at_most(config) - room.streams; more > 0; --more) {
        room += usual;
    }
    if (config.unprotected != config::Unprotected::proxy) {
        room.departed = 0; // nothing is looked for inside
    }
    return room;
}

} // namespace mt6d
