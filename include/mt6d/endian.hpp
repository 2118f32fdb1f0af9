// SPDX-License-Identifier: BSD-3-Clause
// Big-endian scalars that do not mix with native ones: `be16_t a = 5` does not compile.
// They are byte-aligned, so header structs need no packing and members can be referenced.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace mt6d {

template <std::unsigned_integral Native>
class BigEndian {
public:
    constexpr BigEndian() = default;
    constexpr explicit BigEndian(Native value) {
        for (std::size_t i = 0; i < sizeof(Native); ++i) {
            bytes_[i] = static_cast<std::uint8_t>(value >> (8 * (sizeof(Native) - 1 - i)));
        }
    }

    [[nodiscard]] constexpr Native value() const {
        Native value = 0;
        for (const std::uint8_t byte : bytes_) {
            value = static_cast<Native>((value << 8U) | byte);
        }
        return value;
    }

    friend constexpr bool operator==(const BigEndian&, const BigEndian&) = default;

private:
    std::array<std::uint8_t, sizeof(Native)> bytes_{};
};

using be16_t = BigEndian<std::uint16_t>;
using be32_t = BigEndian<std::uint32_t>;
using be64_t = BigEndian<std::uint64_t>;

static_assert(sizeof(be16_t) == 2 && alignof(be16_t) == 1);
static_assert(sizeof(be32_t) == 4 && alignof(be32_t) == 1);
static_assert(sizeof(be64_t) == 8 && alignof(be64_t) == 1);

} // namespace mt6d
