// SPDX-License-Identifier: BSD-3-Clause
#include "control/on_link_prefixes.hpp"

#include "control/clock.hpp"

#include <algorithm>

namespace mt6d {

bool OnLinkPrefixes::learn(const OnLinkPrefix& said, std::int64_t now) {
    if (std::find(configured_.begin(), configured_.end(), said.prefix) != configured_.end()) {
        return false;
    }
    const auto known = std::find_if(learned_.begin(), learned_.end(),
                                    [&](const Learned& l) { return l.prefix == said.prefix; });
    if (said.valid_s == 0) {
        if (known == learned_.end()) {
            return false;
        }
        learned_.erase(known);
        return true;
    }
    const std::int64_t expires =
        said.valid_s == infinite_lifetime ? never : now + said.valid_s * nanoseconds_per_second;
    if (known != learned_.end()) {
        known->expires = expires;
        return false;
    }
    if (learned_.size() == most_learned) {
        return false;
    }
    learned_.push_back({said.prefix, expires});
    return true;
}

bool OnLinkPrefixes::expire(std::int64_t now) {
    return std::erase_if(learned_, [now](const Learned& l) { return l.expires <= now; }) > 0;
}

std::optional<std::int64_t> OnLinkPrefixes::next_deadline() const {
    std::int64_t next = never;
    for (const Learned& learned : learned_) {
        next = std::min(next, learned.expires);
    }
    return next == never ? std::nullopt : std::optional(next);
}

bool OnLinkPrefixes::contain(const Ipv6Address& address) const {
    const auto holds = [&](const Ipv6Prefix& prefix) { return prefix.contains(address); };
    return std::any_of(configured_.begin(), configured_.end(), holds)
           || std::any_of(learned_.begin(), learned_.end(),
                          [&](const Learned& l) { return holds(l.prefix); });
}

std::vector<Ipv6Prefix> OnLinkPrefixes::all() const {
    std::vector<Ipv6Prefix> prefixes = configured_;
    for (const Learned& learned : learned_) {
        prefixes.push_back(learned.prefix);
    }
    return prefixes;
}

} // namespace mt6d
