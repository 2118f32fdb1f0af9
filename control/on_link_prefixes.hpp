// SPDX-License-Identifier: BSD-3-Clause
// The external link's on-link prefixes (RFC 4861, 5.1 and 6.3.4): configured ones, which stay, and
// those learned from advertisements, for as long as they are valid. Pure; one thread (control).
#pragma once

#include <mt6d/router_discovery.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mt6d {

class OnLinkPrefixes {
public:
    static constexpr std::size_t most_learned = 64;

    explicit OnLinkPrefixes(std::vector<Ipv6Prefix> configured)
        : configured_(std::move(configured)) {}

    // What a router said of a prefix, at this time; one that is trusted, for it can end and shorten
    // what others said. True if the prefixes are others now.
    bool learn(const OnLinkPrefix& said, std::int64_t now);
    // Drops what is no longer valid. True if there was such a one.
    bool expire(std::int64_t now);
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

    [[nodiscard]] bool contain(const Ipv6Address& address) const;
    // Configured ones first.
    [[nodiscard]] std::vector<Ipv6Prefix> all() const;

private:
    static constexpr std::int64_t never = INT64_MAX;
    struct Learned {
        Ipv6Prefix prefix;
        std::int64_t expires;
    };

    std::vector<Ipv6Prefix> configured_;
    std::vector<Learned> learned_; // the oldest first
};

} // namespace mt6d
