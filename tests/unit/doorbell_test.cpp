// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/doorbell.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace mt6d::dataplane {
namespace {

bool is_rung(const Doorbell& bell, int milliseconds) {
    pollfd wanted{bell.descriptor(), POLLIN, 0};
    return poll(&wanted, 1, milliseconds) == 1;
}

TEST(Doorbell, IsSilentWhileNobodyIsAboutToBlock) {
    Doorbell bell;
    ASSERT_TRUE(bell.open());
    bell.ring();
    EXPECT_FALSE(is_rung(bell, 0));
    bell.arm();
    bell.disarm();
    bell.ring();
    EXPECT_FALSE(is_rung(bell, 0));
}

TEST(Doorbell, WakesWhoArmedItOnce) {
    Doorbell bell;
    ASSERT_TRUE(bell.open());
    bell.arm();
    bell.ring();
    EXPECT_TRUE(is_rung(bell, 0));
    bell.silence();
    bell.ring();
    EXPECT_FALSE(is_rung(bell, 0)) << "the second ring found nobody";
    bell.arm();
    bell.ring();
    EXPECT_TRUE(is_rung(bell, 0));
}

TEST(Doorbell, ThatIsNotOpenMayBeRung) {
    Doorbell bell;
    bell.ring();
    EXPECT_EQ(bell.descriptor(), -1);
}

// One gives and rings, the other takes and blocks, in step: each time the worker must come to know
// of what was given, by its last look or by the bell.
TEST(Doorbell, LosesNoWakeUpBetweenTheLastLookAndTheBlock) {
    constexpr std::uint64_t turns = 20'000;
    constexpr int patience_ms = 20'000;
    Doorbell bell;
    ASSERT_TRUE(bell.open());
    std::atomic<std::uint64_t> given{0};
    std::atomic<std::uint64_t> taken{0};
    std::atomic<bool> ended{false};
    std::thread giver([&] {
        for (std::uint64_t turn = 1; turn <= turns && !ended; ++turn) {
            given.store(turn, std::memory_order_relaxed);
            bell.ring();
            while (taken.load(std::memory_order_relaxed) != turn && !ended) {
                std::this_thread::yield();
            }
        }
    });
    std::uint64_t seen = 0;
    while (seen < turns) {
        bell.arm();
        if (given.load(std::memory_order_relaxed) == seen) {
            const bool woken = is_rung(bell, patience_ms);
            EXPECT_TRUE(woken) << "a wake-up was lost in turn " << seen;
            if (!woken) {
                break;
            }
            bell.silence();
        }
        bell.disarm();
        seen = given.load(std::memory_order_relaxed);
        taken.store(seen, std::memory_order_relaxed);
    }
    ended = true;
    giver.join();
    EXPECT_EQ(seen, turns);
}

} // namespace
} // namespace mt6d::dataplane
