// SPDX-License-Identifier: BSD-3-Clause
// The keeper of numbers by itself: what workers use changes under it.
#include "control/number_keeper.hpp"
#include "gateway_fixture.hpp"
#include "tests/support/becomes_true.hpp"

namespace mt6d::test {
namespace {

class NumberKeeperOfCbc : public testing::Test {
protected:
    NumberKeeperOfCbc() {
        config::Stream configured = alice_to_bob();
        configured.options.cipher = Cipher::aes_256_cbc;
        key.cipher = Cipher::aes_256_cbc;
        for (SealState& state : seal) {
            state.key = &key;
        }
        record =
            keeper->add(std::make_shared<const config::Stream>(configured), 0, {seal, &open}, 0);
    }

    static constexpr Salt salt = 170'000'000;
    TemporaryDirectory directory;
    CipherKey key;
    std::array<SealState, route_slots> seal;
    OpenState open;
    std::unique_ptr<NumberKeeper> keeper =
        *NumberKeeper::create(*StateDirectory::open(directory.path()));
    NumberKeeper::Record record = 0;
};

TEST_F(NumberKeeperOfCbc, LeavesASaltAloneThatIsInUse) {
    SealState& state = seal.at(salt % route_slots);
    keeper->begin_salt(record, salt);
    ASSERT_TRUE(keeper->settle());
    const std::uint64_t recorded = state.recorded;
    ASSERT_GT(recorded, 0U);
    state.next += 7; // a worker's, which may send with it still
    keeper->begin_salt(record, salt);
    EXPECT_EQ(state.next, 7U);
    EXPECT_EQ(state.recorded, recorded);
}

TEST_F(NumberKeeperOfCbc, BeginsASaltAnewWhosePlaceAnotherHad) {
    SealState& state = seal.at(salt % route_slots);
    keeper->begin_salt(record, salt);
    ASSERT_TRUE(keeper->settle());
    state.next += 7;
    keeper->begin_salt(record, salt + route_slots);
    EXPECT_EQ(state.next, 0U);
    EXPECT_EQ(state.recorded, 0U);
    keeper->begin_salt(record, salt); // what was recorded counts as used
    EXPECT_GT(state.next, 7U);
}

} // namespace
} // namespace mt6d::test
