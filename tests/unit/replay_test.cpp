// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/replay_model.hpp"

#include <mt6d/replay.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace mt6d {
namespace {

constexpr std::uint64_t size = ReplayWindow::size;
constexpr std::uint64_t word = ReplayWindow::word_bits;
constexpr std::uint64_t most = UINT64_MAX;

struct Try {
    std::uint64_t number;
    bool accepted;
};

struct Row {
    std::string what; // also the test's name
    std::uint64_t first;
    std::vector<Try> tries;

    friend void PrintTo(const Row& row, std::ostream* out) { *out << row.what; }
};

constexpr bool yes = true;
constexpr bool no = false;

std::vector<Row> rows() {
    return {
        {"EachNumberOnce", 0, {{0, yes}, {0, no}, {1, yes}, {1, no}, {0, no}}},
        {"BelowTheStartNone", 100, {{99, no}, {0, no}, {100, yes}, {99, no}, {101, yes}}},
        {"ALateOneStillOnce", 0, {{10, yes}, {9, yes}, {9, no}, {10, no}, {8, yes}}},
        {"GapsStayOpen", 0, {{5, yes}, {2, yes}, {3, yes}, {2, no}, {4, yes}, {5, no}}},
        {"TheWindowsLastPlace",
         0,
         {{size, yes}, {1, yes}, {1, no}, {0, no}, {size + 1, yes}, {2, yes}, {1, no}}},
        {"OneBehindTheWindow", 0, {{size - 1, yes}, {0, yes}, {size + 5, yes}, {5, no}, {6, yes}}},
        {"WordBoundaries",
         0,
         {{word - 1, yes},
          {word, yes},
          {word - 1, no},
          {word, no},
          {2 * word, yes},
          {2 * word - 1, yes},
          {2 * word - 1, no},
          {2 * word, no}}},
        {"AWordAheadKeepsWhatIsBehind",
         0,
         {{3, yes},
          {3 + word, yes},
          {3, no},
          {2, yes},
          {3 + word, no},
          {3 + 2 * word, yes},
          {2, no}}},
        {"AJumpOfTheWholeRing",
         0,
         {{7, yes}, {7 + 32 * word, yes}, {7, no}, {6 + 32 * word, yes}, {7 + 32 * word, no}}},
        {"AJumpOfManyRingsLeavesNoTrace",
         0,
         {{7, yes}, {8, yes}, {7 + 320 * word, yes}, {8 + 320 * word, yes}, {6 + 320 * word, yes}}},
        {"AStartInTheMiddleOfAWord",
         word + 5,
         {{word + 4, no}, {word + 5, yes}, {word, no}, {word + 5, no}, {2 * word, yes}}},
        {"AStartAtAWord", word, {{word - 1, no}, {word, yes}, {word, no}, {word + 1, yes}}},
        {"AfterTheStartTheFirstMayBeFarAhead",
         50,
         {{50 + 10 * size, yes}, {50, no}, {51 + 9 * size, yes}, {50 + 9 * size, no}}},
        {"TheWindowDoesNotReachBelowTheStart",
         1000,
         {{1010, yes}, {999, no}, {1000, yes}, {1000, no}}},
        {"TheLargestIsNeverAccepted", most - 3, {{most, no}, {most - 1, yes}, {most, no}}},
        {"UpToTheLargestButOne",
         most - 3,
         {{most - 3, yes}, {most - 2, yes}, {most - 1, yes}, {most - 1, no}, {most - 2, no}}},
        {"AJumpToTheTop",
         0,
         {{0, yes}, {most - 1, yes}, {most - size, yes}, {most - size - 1, no}}},
        {"AStartAtTheVeryTop", most, {{most, no}, {most - 1, no}, {0, no}}},
    };
}

class ReplayTable : public testing::TestWithParam<Row> {};

TEST_P(ReplayTable, AcceptsWhatItSays) {
    ReplayWindow window;
    window.start(GetParam().first);
    for (const Try& one : GetParam().tries) {
        EXPECT_EQ(window.is_new(one.number), one.accepted) << one.number;
        EXPECT_EQ(window.accept(one.number), one.accepted) << one.number;
        EXPECT_FALSE(window.is_new(one.number)) << one.number;
    }
}

INSTANTIATE_TEST_SUITE_P(Rows, ReplayTable, testing::ValuesIn(rows()),
                         [](const auto& row) { return row.param.what; });

TEST(ReplayWindow, IsStartedFromStartToStop) {
    ReplayWindow window;
    EXPECT_FALSE(window.is_started());
    window.start(7);
    EXPECT_TRUE(window.is_started());
    window.stop();
    EXPECT_FALSE(window.is_started());
}

TEST(ReplayWindow, ANewStartForgetsWhatWasAccepted) {
    ReplayWindow window;
    window.start(0);
    EXPECT_TRUE(window.accept(5));
    window.start(5);
    EXPECT_TRUE(window.accept(5));
    EXPECT_FALSE(window.accept(4));
}

TEST(ReplayWindow, WhatIsBelowTheFloorIsRefusedWhateverTheStart) {
    ReplayWindow window;
    for (const std::uint64_t first : {0U, 99U, 100U}) {
        window.stop(100);
        window.start(first);
        EXPECT_FALSE(window.accept(99)) << first;
        EXPECT_TRUE(window.accept(100)) << first;
    }
    window.stop(100);
    window.start(200);
    EXPECT_FALSE(window.accept(199));
    EXPECT_TRUE(window.accept(200));
    window.stop();
    window.start(0);
    EXPECT_TRUE(window.accept(0));
}

TEST(ReplayWindow, IsAtLeast1024Wide) { // docs/protocol.md, section 6
    ReplayWindow window;
    window.start(0);
    ASSERT_TRUE(window.accept(1024));
    for (std::uint64_t number = 1; number < 1024; ++number) {
        ASSERT_TRUE(window.accept(number)) << number;
    }
}

TEST(ReplayWindow, DoesAsTheNaiveModelInRandomSteps) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        std::uint64_t accepted = 0;
        EXPECT_EQ(test::replay_difference<ReplayWindow>(seed, 100'000, accepted), std::nullopt);
        EXPECT_GT(accepted, 10'000U);
    }
}

// Windows with the mistakes one makes: the random steps find each.
struct NoneBelowTheStart : ReplayWindow {
    void start(std::uint64_t /*first*/) { ReplayWindow::start(0); }
};

struct OneWider : ReplayWindow {
    static constexpr std::uint64_t size = ReplayWindow::size + 1;
};

struct OneNarrower : ReplayWindow {
    static constexpr std::uint64_t size = ReplayWindow::size - 1;
};

struct LooksOnly : ReplayWindow {
    bool accept(std::uint64_t number) { return is_new(number); }
};

struct NoFloor : ReplayWindow {
    void stop(std::uint64_t /*floor*/) { ReplayWindow::stop(); }
};

struct KeepsAtStart : ReplayWindow {
    void stop(std::uint64_t /*floor*/) {}
    void start(std::uint64_t first) {
        if (!is_started()) {
            ReplayWindow::start(first);
        }
    }
};

template <typename Window>
class WrongReplayWindow : public testing::Test {};
using WrongWindows =
    testing::Types<NoneBelowTheStart, OneWider, OneNarrower, LooksOnly, NoFloor, KeepsAtStart>;
TYPED_TEST_SUITE(WrongReplayWindow, WrongWindows);

TYPED_TEST(WrongReplayWindow, IsFound) {
    std::uint64_t accepted = 0;
    EXPECT_NE(test::replay_difference<TypeParam>(1, 100'000, accepted), std::nullopt);
}

} // namespace
} // namespace mt6d
