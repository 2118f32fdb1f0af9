// SPDX-License-Identifier: BSD-3-Clause
#include "control/start_pace.hpp"

#include <gtest/gtest.h>

namespace mt6d {
namespace {

TEST(StartPace, lets_so_many_begin_in_each_second) {
    constexpr std::int64_t second = nanoseconds_per_second;
    StartPace pace(3);
    for (const std::int64_t start : {5 * second, 6 * second, 100 * second}) {
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(pace.allows(start + i));
            pace.begin();
        }
        EXPECT_FALSE(pace.allows(start + 3));
        EXPECT_FALSE(pace.allows(start + second - 1));
    }
    EXPECT_TRUE(pace.allows(101 * second));
    EXPECT_TRUE(pace.allows(101 * second)) << "asking is not beginning";
}

} // namespace
} // namespace mt6d
