// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/secret_buffer.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <utility>
#include <vector>

namespace mt6d {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes_of(const SecretBuffer& secret) {
    return {secret.get().begin(), secret.get().end()};
}

TEST(SecretBuffer, are_handed_on_and_never_copied) {
    static_assert(!std::is_copy_constructible_v<SecretBuffer>);
    static_assert(!std::is_copy_assignable_v<SecretBuffer>);
    SecretBuffer first(Bytes{1, 2, 3});
    SecretBuffer second(std::move(first));
    EXPECT_EQ(bytes_of(second), (Bytes{1, 2, 3}));
    SecretBuffer third(Bytes{9});
    third = std::move(second);
    EXPECT_EQ(bytes_of(third), (Bytes{1, 2, 3}));
    EXPECT_EQ(third.size(), 3U);
}

TEST(SecretBuffer, are_none_where_they_were_taken_from) {
    SecretBuffer first(Bytes{1, 2, 3});
    const SecretBuffer second(std::move(first));
    EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(second.empty());
    SecretBuffer third(Bytes{4});
    SecretBuffer fourth;
    fourth = std::move(third);
    EXPECT_TRUE(third.empty()); // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(SecretBuffer().empty());
    EXPECT_TRUE(SecretBuffer(Bytes{}).empty());
}

} // namespace
} // namespace mt6d
