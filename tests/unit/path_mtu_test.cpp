// SPDX-License-Identifier: BSD-3-Clause
// A stream's path MTU (docs/protocol.md, section 8) over an injected clock, and the identifications
// of fragments.
#include <mt6d/path_mtu.hpp>
#include <mt6d/siphash.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

namespace mt6d {
namespace {

constexpr std::uint32_t some_time = 5000;

PathMtu& start(PathMtu& path, std::uint16_t link = 1500) {
    path.follow(link, some_time);
    return path;
}

TEST(PathMtu, is_the_links_until_the_path_says_less) {
    PathMtu path;
    EXPECT_EQ(start(path).value(), 1500U);
    path.lower(1480);
    EXPECT_EQ(path.value(), 1480U);
    path.lower(1400);
    EXPECT_EQ(path.value(), 1400U);
}

TEST(PathMtu, is_never_raised_by_what_the_path_says) {
    PathMtu path;
    start(path).lower(1400);
    for (const std::uint32_t said : {1400U, 1401U, 1500U, 9000U, 65535U, 65536U, 0xffffffffU}) {
        path.lower(said);
        EXPECT_EQ(path.value(), 1400U) << said;
    }
}

TEST(PathMtu, never_goes_below_the_minimum) {
    for (const std::uint32_t said : {0U, 1U, 68U, 1279U, 1280U}) {
        PathMtu path;
        start(path).lower(said);
        EXPECT_EQ(path.value(), 1280U) << said;
    }
}

TEST(PathMtu, is_forgotten_ten_minutes_after_control_saw_it_and_not_a_second_before) {
    PathMtu path;
    start(path).lower(1400);
    path.follow(1500, some_time + 100); // the time begins
    path.follow(1500, some_time + 100 + 599);
    EXPECT_EQ(path.value(), 1400U);
    path.follow(1500, some_time + 100 + 600);
    EXPECT_EQ(path.value(), 1500U);
    path.lower(1400); // as ever
    EXPECT_EQ(path.value(), 1400U);
}

TEST(PathMtu, is_believed_for_ten_minutes_more_when_lowered_again) {
    PathMtu path;
    start(path).lower(1400);
    path.follow(1500, some_time);
    path.lower(1300);
    path.follow(1500, some_time + 300);
    path.follow(1500, some_time + 899);
    EXPECT_EQ(path.value(), 1300U);
    path.follow(1500, some_time + 900);
    EXPECT_EQ(path.value(), 1500U);
}

TEST(PathMtu, is_not_believed_longer_when_the_same_is_said_again) {
    PathMtu path;
    start(path).lower(1400);
    path.follow(1500, some_time);
    path.lower(1400);
    path.follow(1500, some_time + 600);
    EXPECT_EQ(path.value(), 1500U);
}

TEST(PathMtu, keeps_time_from_the_first_second_on) {
    PathMtu path;
    path.follow(1500, 0);
    path.lower(1400);
    path.follow(1500, 0);
    path.follow(1500, 599);
    EXPECT_EQ(path.value(), 1400U);
    path.follow(1500, 600);
    EXPECT_EQ(path.value(), 1500U);
}

TEST(PathMtu, follows_the_link_down_and_up) {
    PathMtu path;
    start(path).follow(1400, some_time);
    EXPECT_EQ(path.value(), 1400U);
    path.follow(1500, some_time);
    EXPECT_EQ(path.value(), 1500U);
}

TEST(PathMtu, is_the_smaller_of_link_and_path_while_both_change) {
    PathMtu path;
    start(path).lower(1400);
    path.follow(1500, some_time);
    path.follow(1300, some_time + 1);
    EXPECT_EQ(path.value(), 1300U);
    path.follow(1500, some_time + 2); // the path said 1400 and has not taken it back
    EXPECT_EQ(path.value(), 1400U);
    path.follow(1450, some_time + 600);
    EXPECT_EQ(path.value(), 1450U);
}

TEST(PathMtu, loses_no_lowering_to_control_that_writes_at_the_same_time) {
    for (int round = 0; round < 200; ++round) {
        PathMtu path;
        start(path);
        std::atomic<bool> done{false};
        std::thread control([&] {
            std::uint16_t link = 1500;
            while (!done) {
                path.follow(link, some_time);
                link = link == 1500 ? 1499 : 1500;
            }
        });
        for (std::uint32_t mtu = 1490; mtu > 1400; --mtu) {
            path.lower(mtu);
            ASSERT_EQ(path.value(), mtu);
        }
        done = true;
        control.join();
    }
}

// Its authors' vectors: key 00 to 0f, the eight bytes 00 to 07.
TEST(SipHash, gives_the_published_value) {
    constexpr SipKey key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
    EXPECT_EQ(siphash(key, 0x0706050403020100), 0x93f5f5799a932462U);
}

TEST(SipHash, of_a_counter_has_no_order_and_depends_on_the_key) {
    std::set<std::uint32_t> distances;
    std::uint32_t before = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto value = static_cast<std::uint32_t>(siphash({1, 2}, i));
        distances.insert(value - before);
        before = value;
        EXPECT_NE(siphash({1, 2}, i), siphash({1, 3}, i));
    }
    EXPECT_GT(distances.size(), 990U);
}

} // namespace
} // namespace mt6d
