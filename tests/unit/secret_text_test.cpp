// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/secret_text.hpp"
#include "tests/unit/memory_search.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>

#if MT6D_MEMORY_CAN_BE_SEARCHED
namespace mt6d {
namespace {

// Each growth is a copy in new memory.
TEST(SecretText, leave_nothing_in_memory_of_what_they_were_nor_where_they_grew) {
    const test::Needle needle;
    {
        SecretText text;
        for (int repetition = 0; repetition < 20; ++repetition) {
            for (std::size_t i = 0; i < test::Needle::size; ++i) {
                text.push_back(static_cast<char>(test::Needle::at(i)));
            }
        }
        const SecretText other = std::move(text) + "\n";
        EXPECT_GT(test::count_in_memory(needle), 0U) << "is found where it is";
    }
    EXPECT_EQ(test::count_in_memory(needle), 0U);
}

} // namespace
} // namespace mt6d
#endif
