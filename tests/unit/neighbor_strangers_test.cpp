// SPDX-License-Identifier: BSD-3-Clause
// Neighbours that unprotected packets made known (docs/protocol.md, section 10), and what they must
// not cost those that routes need.
#include "tests/unit/neighbor_bench.hpp"

#include <gtest/gtest.h>

namespace mt6d {
namespace {

using test::address_of;

constexpr std::size_t strangers = 8;

class NeighborStrangers : public testing::Test {
protected:
    // How many entries these made.
    std::size_t want(std::uint32_t from, std::uint32_t count) {
        std::size_t made = 0;
        NeighborActions actions;
        for (std::uint32_t i = from; i < from + count; ++i) {
            cache.want(address_of(i), 0, actions);
        }
        for (const NeighborAction& action : actions) {
            made += std::holds_alternative<NeighborMade>(action) ? 1 : 0;
            if (const auto* gone = std::get_if<NeighborGone>(&action)) {
                gone_.push_back(gone->id);
            }
        }
        return made;
    }
    void end_grace_period() {
        for (const AdjacencyId id : gone_) {
            cache.recycle(id);
        }
        gone_.clear();
    }
    bool resolve(std::uint32_t number) {
        NeighborActions actions;
        return cache.resolve(address_of(number), 0, {}, actions).has_value();
    }

    NeighborCache cache{2 + 2 * strangers, [] { return 0x80000000U; }, strangers};

private:
    std::vector<AdjacencyId> gone_;
};

TEST_F(NeighborStrangers, that_never_answered_have_a_quarter_of_the_room) {
    EXPECT_EQ(want(0, 4), 4U);
    EXPECT_EQ(cache.size(), 2U);
    EXPECT_TRUE(cache.find(address_of(3))) << "the last ones";
}

TEST_F(NeighborStrangers, of_a_flood_leave_routes_their_ids_however_long_a_grace_period_is) {
    EXPECT_EQ(want(0, 100), 2 * strangers);
    EXPECT_TRUE(resolve(1000));
    EXPECT_TRUE(resolve(1001));
    EXPECT_EQ(want(200, 1), 0U);
    end_grace_period();
    EXPECT_EQ(want(200, 100), 2 * strangers - 2) << "two were there still";
}

TEST_F(NeighborStrangers, that_routes_need_leave_their_room_to_others) {
    EXPECT_EQ(want(0, 2), 2U);
    EXPECT_TRUE(resolve(0));
    EXPECT_TRUE(resolve(1));
    EXPECT_EQ(want(2, 100), 2 * strangers);
}

} // namespace
} // namespace mt6d
