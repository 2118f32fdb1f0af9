// SPDX-License-Identifier: BSD-3-Clause
// Many prefixes, and whether an address is in one of them.
#pragma once

#include <mt6d/address.hpp>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

namespace mt6d {

class PrefixSet {
public:
    PrefixSet() = default;
    // In any order; they may overlap.
    explicit PrefixSet(std::vector<Ipv6Prefix> prefixes) : prefixes_(std::move(prefixes)) {
        std::sort(prefixes_.begin(), prefixes_.end());
        // A shorter one comes before all that it contains.
        std::size_t kept = 0;
        for (const Ipv6Prefix& prefix : prefixes_) {
            if (kept == 0 || !prefixes_[kept - 1].contains(prefix.address)) {
                prefixes_[kept++] = prefix;
            }
        }
        prefixes_.resize(kept);
    }

    [[nodiscard]] bool contains(const Ipv6Address& address) const {
        const auto after =
            std::upper_bound(prefixes_.begin(), prefixes_.end(), address,
                             [](const Ipv6Address& sought, const Ipv6Prefix& prefix) {
                                 return sought < prefix.address;
                             });
        return after != prefixes_.begin() && std::prev(after)->contains(address);
    }

    friend bool operator==(const PrefixSet&, const PrefixSet&) = default;

private:
    std::vector<Ipv6Prefix> prefixes_; // none contains another, in the order of their addresses
};

} // namespace mt6d
