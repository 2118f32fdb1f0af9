// SPDX-License-Identifier: BSD-3-Clause
// Big-endian scalars: their bytes, and that they do not mix with native ones.
#include <mt6d/endian.hpp>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

namespace mt6d {
namespace {

template <class BigEndianType, class Native>
constexpr bool mixes =
    std::is_convertible_v<
        Native,
        BigEndianType> || std::is_convertible_v<BigEndianType, Native> || std::is_assignable_v<BigEndianType&, Native> || std::is_assignable_v<Native&, BigEndianType>;

static_assert(!mixes<be16_t, std::uint16_t> && !mixes<be16_t, int>);
static_assert(!mixes<be32_t, std::uint32_t> && !mixes<be32_t, int>);
static_assert(!mixes<be64_t, std::uint64_t> && !mixes<be64_t, int>);
static_assert(!mixes<be16_t, be32_t> && !mixes<be32_t, be64_t>);
static_assert(std::is_trivially_copyable_v<be16_t> && std::is_trivially_copyable_v<be64_t>);

TEST(BigEndian, lies_in_memory_with_its_first_byte_first) {
    EXPECT_EQ((std::bit_cast<std::array<std::uint8_t, 2>>(be16_t(0x1234))),
              (std::array<std::uint8_t, 2>{0x12, 0x34}));
    EXPECT_EQ((std::bit_cast<std::array<std::uint8_t, 4>>(be32_t(0x12345678))),
              (std::array<std::uint8_t, 4>{0x12, 0x34, 0x56, 0x78}));
    EXPECT_EQ((std::bit_cast<std::array<std::uint8_t, 8>>(be64_t(0x0123456789abcdef))),
              (std::array<std::uint8_t, 8>{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}));
}

TEST(BigEndian, gives_back_what_it_was_made_of) {
    for (const std::uint64_t value :
         {0x0ULL, 0x1ULL, 0x80ULL, 0xff00ULL, 0x8000000000000001ULL, 0xffffffffffffffffULL}) {
        EXPECT_EQ(be16_t(static_cast<std::uint16_t>(value)).value(), value & 0xffffU);
        EXPECT_EQ(be32_t(static_cast<std::uint32_t>(value)).value(), value & 0xffffffffU);
        EXPECT_EQ(be64_t(value).value(), value);
    }
}

TEST(BigEndian, is_zero_unless_told_otherwise) {
    EXPECT_EQ(be32_t{}, be32_t(0));
    EXPECT_NE(be32_t{}, be32_t(0x01000000));
}

} // namespace
} // namespace mt6d
