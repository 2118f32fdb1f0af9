// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/stream_drops.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace mt6d::dataplane {
namespace {

std::uint64_t packets_of(const StreamDrops& drops, const StreamDrop& wanted) {
    std::uint64_t found = 0;
    drops.each([&](const StreamDrop& drop, std::uint64_t packets) {
        found += drop == wanted ? packets : 0;
    });
    return found;
}

void add(StreamDrops& drops, const StreamDrop& drop) {
    drops.add(drop, [](const StreamRef&) { return false; });
}

// One packet each of so many streams' first lives, each listed or not.
constexpr std::uint32_t too_many = 4 * StreamDrops::capacity;
void fill(StreamDrops& drops) {
    for (std::uint32_t i = 0; i < too_many; ++i) {
        add(drops, {{i, 1}, Side::internal, Reason::route_not_ready});
    }
}

std::uint64_t listed(const StreamDrops& drops) {
    std::uint64_t packets = 0;
    drops.each([&](const StreamDrop&, std::uint64_t more) { packets += more; });
    return packets;
}

TEST(DropsOfStreams, are_told_apart_by_stream_life_side_and_reason) {
    const auto drops = std::make_unique<StreamDrops>();
    const StreamDrop one{{0xffff'ffff, 0xffff}, Side::external, Reason::replayed};
    const StreamDrop other_life{{0xffff'ffff, 0}, Side::external, Reason::replayed};
    const StreamDrop other_side{{0xffff'ffff, 0xffff}, Side::internal, Reason::replayed};
    const StreamDrop other_reason{{0xffff'ffff, 0xffff}, Side::external, Reason::cipher_tag};
    const StreamDrop first{};
    for (const StreamDrop& drop : {one, one, other_life, other_side, other_reason, first}) {
        add(*drops, drop);
    }
    EXPECT_EQ(packets_of(*drops, one), 2U);
    for (const StreamDrop& drop : {other_life, other_side, other_reason, first}) {
        EXPECT_EQ(packets_of(*drops, drop), 1U);
    }
}

TEST(DropsOfStreams, of_thousands_of_streams_are_all_kept) {
    const auto drops = std::make_unique<StreamDrops>();
    constexpr std::uint32_t streams = StreamDrops::capacity / 2;
    for (std::uint32_t i = 0; i < streams; ++i) {
        add(*drops, {{i, 1}, Side::internal, Reason::next_hop_unreachable});
    }
    std::uint32_t kept = 0;
    drops->each([&](const StreamDrop&, std::uint64_t) { ++kept; });
    EXPECT_EQ(kept, streams);
}

TEST(DropsOfStreams, beyond_its_room_leave_those_that_there_are_as_they_are) {
    const auto drops = std::make_unique<StreamDrops>();
    const StreamDrop first{{0, 1}, Side::internal, Reason::route_not_ready};
    fill(*drops);
    add(*drops, first);
    EXPECT_EQ(packets_of(*drops, first), 2U);
}

TEST(DropsOfStreams, are_listed_or_counted_as_unlisted) {
    const auto drops = std::make_unique<StreamDrops>();
    fill(*drops);
    EXPECT_GT(listed(*drops), StreamDrops::capacity / 2);
    EXPECT_EQ(listed(*drops) + drops->unlisted(), too_many);
}

TEST(DropsOfStreams, take_the_places_of_streams_that_are_over) {
    const auto drops = std::make_unique<StreamDrops>();
    fill(*drops);
    const std::uint64_t unlisted = drops->unlisted();
    const auto is_first_life = [](const StreamRef& stream) { return stream.life == 1; };
    for (std::uint32_t i = 0; i < 100; ++i) {
        const StreamDrop drop{{i, 2}, Side::external, Reason::replayed};
        drops->add(drop, is_first_life);
        EXPECT_EQ(packets_of(*drops, drop), 1U);
    }
    EXPECT_EQ(drops->unlisted(), unlisted);
}

TEST(DropsOfStreams, begin_anew_when_the_table_is_emptied) {
    const auto drops = std::make_unique<StreamDrops>();
    fill(*drops);
    drops->empty();
    EXPECT_EQ(listed(*drops), 0U) << "before the worker has come to it";
    EXPECT_EQ(drops->unlisted(), 0U);
    const StreamDrop later{{too_many, 1}, Side::internal, Reason::route_not_ready};
    add(*drops, later);
    EXPECT_EQ(packets_of(*drops, later), 1U);
    EXPECT_EQ(listed(*drops), 1U);
    EXPECT_EQ(drops->unlisted(), 0U);
}

} // namespace
} // namespace mt6d::dataplane
