// SPDX-License-Identifier: BSD-3-Clause
// Time to salt (docs/protocol.md, section 3).
#include "tests/support/vectors.hpp"

#include <mt6d/salt.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace mt6d {
namespace {

TEST(Salt, matches_every_published_vector) {
    for (const auto& vector : test::vectors("salts.json")) {
        SCOPED_TRACE(vector.dump());
        EXPECT_EQ(salt_at(vector.at("unix_time"), vector.at("rotation_time"), vector.at("offset")),
                  vector.at("salt").get<Salt>());
    }
}

TEST(Salt, rotation_times_are_1_to_9_and_multiples_of_10) {
    const std::uint64_t accepted[] = {1, 2, 9, 10, 20, 90, 100, 3600, 86400, 4294967290};
    const std::uint64_t refused[] = {0, 11, 15, 19, 21, 99, 101, 3601, 4294967295};
    for (const auto seconds : accepted) {
        EXPECT_TRUE(is_rotation_time(seconds)) << seconds;
    }
    for (const auto seconds : refused) {
        EXPECT_FALSE(is_rotation_time(seconds)) << seconds;
    }
}

struct SaltRow {
    const char* what;
    UnixSeconds time;
    std::uint32_t rotation;
    std::int64_t offset;
    Salt salt;
};

TEST(Salt, boundaries_and_edges_of_32_bits) {
    constexpr UnixSeconds y2038 = UnixSeconds{1} << 31;
    constexpr UnixSeconds y2106 = UnixSeconds{1} << 32;
    const SaltRow rows[] = {
        {"the epoch", 0, 10, 0, 0},
        {"last second of salt 0", 9, 10, 0, 0},
        {"first second of salt 1", 10, 10, 0, 1},
        {"every second is a boundary", 1234567, 1, 0, 1234567},
        {"below 10 s the granule is a second: before", 1700000006, 7, 0, 242857143},
        {"below 10 s the granule is a second: at", 1700000008, 7, 0, 242857144},
        {"from 10 s on it is ten: before", 1700000099, 20, 0, 85000004},
        {"from 10 s on it is ten: at", 1700000100, 20, 0, 85000005},
        {"a granule inside the interval is no boundary", 1700000110, 20, 0, 85000005},
        {"offset 1", 1700000100, 20, 1, 85000006},
        {"offset 2", 1700000100, 20, 2, 85000007},
        {"offset -2", 1700000100, 20, -2, 85000003},
        {"last second of 31 bits", y2038 - 1, 1, 0, 2147483647},
        {"first beyond", y2038, 1, 0, 2147483648},
        {"last second of 31 bits, 10 s", y2038 - 1, 10, 0, 214748364},
        {"across 31 bits by offset", y2038 - 1, 1, 2, 2147483649},
        {"last second of 32 bits", y2106 - 1, 1, 0, 4294967295},
        {"first beyond", y2106, 1, 0, 4294967296},
        {"last second of 32 bits, 10 s", y2106 - 1, 10, 0, 429496729},
        {"boundary beyond 32 bits, 10 s", y2106 + 4, 10, 0, 429496730},
        {"across 32 bits by offset", y2106 - 1, 1, 2, 4294967297},
        {"the longest rotation time", y2106, 4294967290, 0, 1},
    };
    for (const SaltRow& row : rows) {
        EXPECT_EQ(salt_at(row.time, row.rotation, row.offset), row.salt)
            << row.what << ": t " << row.time << ", R " << row.rotation;
    }
}

TEST(Salt, starts_in_its_first_second_and_not_before) {
    for (const std::uint32_t rotation : {1U, 2U, 7U, 9U, 10U, 30U, 3600U}) {
        for (const UnixSeconds time : {1700000000LL, 2147483648LL, 4294967296LL}) {
            SCOPED_TRACE(testing::Message() << "R " << rotation << ", t " << time);
            const Salt salt = salt_at(time, rotation, 0);
            EXPECT_EQ(salt_at(salt_start(salt, rotation), rotation, 0), salt);
            EXPECT_EQ(salt_at(salt_start(salt, rotation) - 1, rotation, 0), salt - 1);
            EXPECT_LE(salt_start(salt, rotation), time);
            EXPECT_GT(salt_start(salt + 1, rotation), time);
        }
    }
}

} // namespace
} // namespace mt6d
