// SPDX-License-Identifier: BSD-3-Clause
// When a peer is lost, and when it is back: each once.
#include "control/peer_watch.hpp"

#include <gtest/gtest.h>

namespace mt6d {
namespace {

using News = PeerWatch::News;
constexpr std::int64_t limit = 30;

TEST(APeer, is_lost_when_the_stream_sends_and_hears_nothing) {
    PeerWatch watch;
    EXPECT_EQ(watch.visit(0, 30, limit), News::none);
    EXPECT_EQ(watch.visit(0, 31, limit), News::lost);
    EXPECT_EQ(watch.visit(0, 32, limit), News::none);
}

TEST(APeer, is_back_when_it_is_heard) {
    PeerWatch watch;
    watch.visit(0, 31, limit);
    EXPECT_EQ(watch.visit(0, 0, limit), News::back);
    EXPECT_EQ(watch.visit(0, 1, limit), News::none);
}

TEST(APeer, is_not_lost_while_nothing_is_sent_to_it) {
    PeerWatch watch;
    EXPECT_EQ(watch.visit(31, 31, limit), News::none);
    EXPECT_EQ(watch.visit(std::nullopt, 31, limit), News::none);
}

TEST(APeer, is_not_lost_before_it_was_heard) {
    PeerWatch watch;
    EXPECT_EQ(watch.visit(0, std::nullopt, limit), News::none);
}

} // namespace
} // namespace mt6d
