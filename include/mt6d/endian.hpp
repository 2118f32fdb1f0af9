// SPDX-License-Identifier: BSD-3-Clause
// Big-endian scalars that do not mix with native ones: `be16_t a = 5` does not compile.
// They are byte-aligned, so header structs need no packing and members can be referenced.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>

namespace mt6d {

template <std::unsigned_integral Native>
class BigEndian {
public:
    constexpr BigEndian() = default;
    constexpr explicit BigEndian(Native value)
        : bytes_(std::bit_cast<std::array<std::uint8_t, sizeof(Native)>>(swapped(value))) {}

    [[nodiscard]] constexpr Native value() const { return swapped(std::bit_cast<Native>(bytes_)); }

    friend constexpr bool operator==(const BigEndian& a, const BigEndian& b) {
        return a.value() == b.value();
    }

private:
    static constexpr Native swapped(Native value) {
        if constexpr (std::endian::native == std::endian::big) {
            return value;
        } else if constexpr (sizeof(Native) == 2) {
            return __builtin_bswap16(value);
        } else if constexpr (sizeof(Native) == 4) {
            return __builtin_bswap32(value);
        } else {
            return __builtin_bswap64(value);
        }
    }

    std::array<std::uint8_t, sizeof(Native)> bytes_{};
};

using be16_t = BigEndian<std::uint16_t>;
using be32_t = BigEndian<std::uint32_t>;
using be64_t = BigEndian<std::uint64_t>;

static_assert(sizeof(be16_t) == 2 && alignof(be16_t) == 1);
static_assert(sizeof(be32_t) == 4 && alignof(be32_t) == 1);
static_assert(sizeof(be64_t) == 8 && alignof(be64_t) == 1);

} // namespace mt6d
