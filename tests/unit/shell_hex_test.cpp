// SPDX-License-Identifier: BSD-3-Clause
// Frames as operators paste them.
#include "control/shell/hex.hpp"

#include <gtest/gtest.h>

namespace mt6d::shell {
namespace {

using Octets = std::vector<std::uint8_t>;

TEST(Hex, takes_digits_with_and_without_what_tools_put_between) {
    for (const char* const text : {"0aFf10", "0a:ff:10", "0aff:10"}) {
        const auto octets = octets_from_hex(text);
        ASSERT_TRUE(octets) << text;
        EXPECT_EQ(*octets, (Octets{0x0a, 0xff, 0x10})) << text;
    }
}

TEST(Hex, names_what_is_no_pair_of_digits_and_where) {
    for (const auto& [text, named] :
         {std::pair{"0axy", "'xy', character 3"}, std::pair{"0af", "'f', character 3"},
          std::pair{"0a ff", "' f', character 3"}, std::pair{"-1", "'-1', character 1"}}) {
        const auto octets = octets_from_hex(text);
        ASSERT_FALSE(octets) << text;
        EXPECT_NE(octets.error().message.find(named), std::string::npos) << octets.error().message;
    }
}

TEST(Hex, comes_back_as_it_was) {
    EXPECT_EQ(hex_of(*octets_from_hex("00:ff")), "00ff");
    EXPECT_EQ(hex_of(Octets{}), "");
}

} // namespace
} // namespace mt6d::shell
