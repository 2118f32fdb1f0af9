// SPDX-License-Identifier: BSD-3-Clause
// On-link prefixes, configured and learned (RFC 4861, 6.3.4 and 6.3.5).
#include "control/on_link_prefixes.hpp"
#include "tests/unit/router_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mt6d {
namespace {

using test::prefix;
using test::second;
using testing::ElementsAre;

constexpr auto most = static_cast<std::uint8_t>(OnLinkPrefixes::most_learned);

TEST(OnLinkPrefixList, holds_what_is_configured_and_what_is_learned) {
    OnLinkPrefixes prefixes({prefix(1)});
    EXPECT_TRUE(prefixes.learn({prefix(2), 100}, 0));
    EXPECT_TRUE(prefixes.contain(prefix(1).address));
    EXPECT_TRUE(prefixes.contain(prefix(2).address));
    EXPECT_FALSE(prefixes.contain(prefix(3).address));
    EXPECT_THAT(prefixes.all(), ElementsAre(prefix(1), prefix(2)));
}

TEST(OnLinkPrefixList, forgets_when_the_valid_lifetime_ends) {
    OnLinkPrefixes prefixes({prefix(1)});
    prefixes.learn({prefix(2), 100}, 0);
    EXPECT_EQ(prefixes.next_deadline(), 100 * second);
    EXPECT_FALSE(prefixes.expire(100 * second - 1));
    EXPECT_TRUE(prefixes.expire(100 * second));
    EXPECT_THAT(prefixes.all(), ElementsAre(prefix(1)));
    EXPECT_EQ(prefixes.next_deadline(), std::nullopt);
}

TEST(OnLinkPrefixList, a_lifetime_begins_anew_with_each_advertisement_and_may_become_shorter) {
    OnLinkPrefixes prefixes({});
    prefixes.learn({prefix(2), 100}, 0);
    EXPECT_FALSE(prefixes.learn({prefix(2), 100}, 50 * second)) << "no news";
    EXPECT_EQ(prefixes.next_deadline(), 150 * second);
    prefixes.learn({prefix(2), 10}, 60 * second);
    EXPECT_EQ(prefixes.next_deadline(), 70 * second);
}

TEST(OnLinkPrefixList, an_infinite_lifetime_never_ends) {
    OnLinkPrefixes prefixes({});
    prefixes.learn({prefix(2), infinite_lifetime}, 0);
    EXPECT_EQ(prefixes.next_deadline(), std::nullopt);
    EXPECT_FALSE(prefixes.expire(INT64_MAX - 1));
}

TEST(OnLinkPrefixList, a_lifetime_of_zero_ends_at_once) {
    OnLinkPrefixes prefixes({prefix(1)});
    prefixes.learn({prefix(2), 100}, 0);
    EXPECT_TRUE(prefixes.learn({prefix(2), 0}, 0));
    EXPECT_FALSE(prefixes.learn({prefix(2), 0}, 0));
    EXPECT_FALSE(prefixes.learn({prefix(1), 0}, 0)) << "configured";
    EXPECT_THAT(prefixes.all(), ElementsAre(prefix(1)));
}

TEST(OnLinkPrefixList, that_are_learned_are_bounded) {
    OnLinkPrefixes prefixes({prefix(200)});
    for (std::uint8_t i = 0; i < most; ++i) {
        EXPECT_TRUE(prefixes.learn({prefix(i), 100}, 0));
    }
    EXPECT_FALSE(prefixes.learn({prefix(most), 100}, 0));
    EXPECT_EQ(prefixes.all().size(), 1U + most);
    EXPECT_TRUE(prefixes.contain(prefix(200).address));
}

} // namespace
} // namespace mt6d
