// SPDX-License-Identifier: BSD-3-Clause
#include <mt6d/prefix_set.hpp>

#include <gtest/gtest.h>

namespace mt6d {
namespace {

PrefixSet set_of(std::initializer_list<const char*> prefixes) {
    std::vector<Ipv6Prefix> parsed;
    for (const char* const prefix : prefixes) {
        parsed.push_back(Ipv6Prefix::parse(prefix).value());
    }
    return PrefixSet(std::move(parsed));
}
bool holds(const PrefixSet& set, const char* address) {
    return set.contains(Ipv6Address::parse(address).value());
}

TEST(PrefixSet, of_none_holds_nothing) {
    EXPECT_FALSE(holds(PrefixSet(), "2001:db8::1"));
    EXPECT_FALSE(holds(set_of({}), "::"));
}

TEST(PrefixSet, holds_the_first_and_the_last_address_of_each_and_no_neighbour) {
    const PrefixSet set = set_of({"2001:db8:3::/48", "2001:db8:1:2::/64", "2001:db8:1::/64"});
    for (const char* const inside : {"2001:db8:1::", "2001:db8:1::ffff:ffff:ffff:ffff",
                                     "2001:db8:1:2::", "2001:db8:1:2:ffff:ffff:ffff:ffff",
                                     "2001:db8:3::", "2001:db8:3:ffff::1"}) {
        EXPECT_TRUE(holds(set, inside)) << inside;
    }
    for (const char* const outside :
         {"::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff", "2001:db8:1:1::", "2001:db8:1:3::",
          "2001:db8:2:ffff:ffff:ffff:ffff:ffff", "2001:db8:4::", "ffff::"}) {
        EXPECT_FALSE(holds(set, outside)) << outside;
    }
}

TEST(PrefixSet, holds_what_a_prefix_around_others_holds_behind_them_too) {
    const PrefixSet set =
        set_of({"2001:db8:1:5::/64", "2001:db8:1::/48", "2001:db8:1:5::/64", "2001:db8:1::/64"});
    EXPECT_TRUE(holds(set, "2001:db8:1:9::1"));
    EXPECT_TRUE(holds(set, "2001:db8:1:5::1"));
    EXPECT_FALSE(holds(set, "2001:db8:2::1"));
    EXPECT_TRUE(holds(set_of({"2001:db8::/32", "::/0"}), "ffff::"));
}

} // namespace
} // namespace mt6d
