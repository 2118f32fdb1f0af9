// SPDX-License-Identifier: BSD-3-Clause
// The prefixes of the external link (docs/protocol.md, section 7.4), as workers read them: control
// replaces the whole.
#pragma once

#include <mt6d/address.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace mt6d::dataplane {

struct OnLink {
    static constexpr std::size_t capacity = 128;

    std::array<Ipv6Prefix, capacity> prefixes;
    std::size_t count = 0;

    [[nodiscard]] bool contains(const Ipv6Address& address) const {
        return address.is_link_local()
               || std::any_of(prefixes.begin(), prefixes.begin() + count,
                              [&](const Ipv6Prefix& prefix) { return prefix.contains(address); });
    }
};

} // namespace mt6d::dataplane
