// SPDX-License-Identifier: BSD-3-Clause
#include "control/routed_prefixes.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace mt6d {
namespace {

constexpr std::uint8_t length = 64;

Ipv6Prefix home_of(const config::Host& host) {
    Ipv6Prefix home{host.address, length};
    std::fill_n(home.address.bytes.begin() + length / 8, length / 8, std::uint8_t{0});
    return home;
}

void add(const std::optional<Ipv6Prefix>& prefix, const PrefixSet& but,
         std::vector<Ipv6Prefix>& to) {
    // Very many hosts have one prefix, and follow one another.
    if (prefix && (to.empty() || to.back() != *prefix) && !but.contains(prefix->address)) {
        to.push_back(*prefix);
    }
}

} // namespace

dataplane::RoutedPrefixes routed_prefixes(const config::External& external,
                                          std::span<const config::Stream* const> streams) {
    std::vector<Ipv6Prefix> near = external.on_link;
    std::vector<Ipv6Prefix> inhabited = external.on_link;
    for (const config::Stream* const stream : streams) {
        for (const config::Host* const host : {&stream->local, &stream->remote}) {
            add(home_of(*host), {}, inhabited);
        }
        add(home_of(stream->local), {}, near);
    }
    const PrefixSet neighbors(std::move(near));
    const PrefixSet taken(std::move(inhabited));
    std::vector<Ipv6Prefix> here = external.routed;
    std::vector<Ipv6Prefix> beyond;
    for (const config::Stream* const stream : streams) {
        add(stream->local.hashed_prefix, neighbors, here);
        add(stream->remote.hashed_prefix, taken, beyond);
    }
    return {PrefixSet(std::move(here)), PrefixSet(std::move(beyond))};
}

} // namespace mt6d
