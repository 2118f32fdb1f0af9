// SPDX-License-Identifier: BSD-3-Clause
// Time to salt (docs/protocol.md, section 3).
#pragma once

#include <cstdint>

namespace mt6d {

using Salt = std::uint64_t;

// Whole seconds of Unix time, 64 bits: 2038 and 2106 are dates like any other.
using UnixSeconds = std::int64_t;

// Seconds between two changes of address: 1 to 9, or a multiple of 10.
constexpr bool is_rotation_time(std::uint64_t seconds) {
    return seconds >= 1 && (seconds < 10 || seconds % 10 == 0);
}

// The salt of time `t` with rotation time `rotation`; `offset` 0 is the active salt, 1 and 2 the
// two that follow. Preconditions: t >= 0, is_rotation_time(rotation).
constexpr Salt salt_at(UnixSeconds t, std::uint32_t rotation, std::int64_t offset) {
    const std::int64_t granule = rotation >= 10 ? 10 : 1;
    const std::int64_t period = rotation;
    return static_cast<Salt>((t - t % granule + offset * period) / period);
}

// First second at which `salt` is the active one.
constexpr UnixSeconds salt_start(Salt salt, std::uint32_t rotation) {
    return static_cast<UnixSeconds>(salt) * static_cast<UnixSeconds>(rotation);
}

} // namespace mt6d
