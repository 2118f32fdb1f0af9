// SPDX-License-Identifier: BSD-3-Clause
// Which stream is meant, while streams come and go: a slot of the stream table is used again, and
// its generation then is another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace mt6d {

struct StreamId {
    std::uint32_t slot = 0; // StreamContext::id
    std::uint32_t generation = 0;

    friend bool operator==(const StreamId&, const StreamId&) = default;
};

} // namespace mt6d

template <>
struct std::hash<mt6d::StreamId> {
    std::size_t operator()(const mt6d::StreamId& id) const noexcept {
        return std::hash<std::uint64_t>{}(std::uint64_t{id.slot} << 32U | id.generation);
    }
};
