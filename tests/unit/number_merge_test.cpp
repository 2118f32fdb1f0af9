// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/number_merge.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace mt6d {
namespace {

constexpr std::uint16_t all = 0xffff;

NumberRecord at_salt(Salt newest, std::uint16_t used, std::uint8_t seed = 1) {
    NumberRecord record;
    record.newest_salt = newest;
    record.seed.fill(seed);
    record.used.fill(used);
    return record;
}

TEST(NumberMerge, takes_the_larger_of_each_number) {
    NumberRecord first;
    first.sent_before = 10;
    first.received_before = 1;
    NumberRecord second;
    second.sent_before = 5;
    second.received_before = 7;
    for (const NumberRecord& merged : {merge(first, second), merge(second, first)}) {
        EXPECT_EQ(merged.sent_before, 10U);
        EXPECT_EQ(merged.received_before, 7U);
    }
}

TEST(NumberMerge, takes_what_the_older_used_of_salts_that_the_newer_remembers) {
    // The newer remembers 41 to 104, the older 37 to 100: all its slots but those of 37 to 40.
    const NumberRecord newer = at_salt(104, 2);
    const NumberRecord older = at_salt(100, 5);
    for (const NumberRecord& merged : {merge(newer, older), merge(older, newer)}) {
        EXPECT_EQ(merged.newest_salt, 104U);
        for (Salt salt = 41; salt <= 104; ++salt) {
            EXPECT_EQ(merged.used[salt % 64], salt <= 100 ? 5 : 2) << salt;
        }
    }
}

TEST(NumberMerge, takes_nothing_of_salts_that_the_newer_has_forgotten) {
    EXPECT_EQ(merge(at_salt(164, 2), at_salt(100, 5)), at_salt(164, 2));
}

TEST(NumberMerge, uses_up_salts_that_both_used_from_other_seeds) {
    NumberRecord older = at_salt(100, 0, 2);
    older.used[99 % 64] = 1;
    const NumberRecord merged = merge(at_salt(101, 3), older);
    EXPECT_EQ(merged.seed, at_salt(101, 3).seed);
    for (Salt salt = 38; salt <= 101; ++salt) {
        EXPECT_EQ(merged.used[salt % 64], salt == 99 ? all : 3) << salt;
    }
}

TEST(NumberMerge, knows_no_salt_before_the_first) {
    EXPECT_EQ(merge(at_salt(0, 4), at_salt(0, 4)), at_salt(0, 4));
    NumberRecord two = at_salt(1, 1);
    NumberRecord one = at_salt(0, 9);
    EXPECT_EQ(merge(two, one).used[0], 9);
    EXPECT_EQ(merge(two, one).used[63], 1);
}

} // namespace
} // namespace mt6d
