// SPDX-License-Identifier: BSD-3-Clause
// No number is used twice under a key (docs/protocol.md, section 6): not over a restart, not when
// the clock is set back, and none before it is on the disk.
#include "control/state/numbers.hpp"
#include "gateway_fixture.hpp"
#include "tests/support/becomes_true.hpp"

#include <filesystem>
#include <set>
#include <utility>

namespace mt6d::test {
namespace {

class Numbers : public GatewayTest {
protected:
    // The numbers of so many packets, each sent under the active salt.
    std::vector<std::uint64_t> send(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            from_host(to_bob(udp6()).payload(20));
        }
        site->settle();
        std::vector<std::uint64_t> numbers;
        for (const Octets& sent : site->take_sent(Side::external)) {
            numbers.push_back(number_of(slice(sent, 14)));
        }
        return numbers;
    }
    // As a kill leaves it: what the next gateway finds is what was on the disk at this moment.
    void restart_as_after_a_kill() {
        const std::filesystem::path now = config.state_dir;
        const std::filesystem::path copy = now.string() + "-then";
        std::filesystem::copy(now, copy, std::filesystem::copy_options::recursive);
        site.reset();
        std::filesystem::remove_all(now);
        std::filesystem::rename(copy, now);
        start();
    }
    // Each once, of these salts and under this key.
    void expect_new(const std::vector<std::uint64_t>& numbers, Salt of = 0) {
        for (const std::uint64_t number : numbers) {
            EXPECT_TRUE(seen_.emplace(of, number).second) << "twice: " << number;
        }
    }

private:
    std::set<std::pair<Salt, std::uint64_t>> seen_;
};

class GcmNumbers : public Numbers {
protected:
    GcmNumbers() { use_cipher(Cipher::aes_256_gcm); }
};

TEST_F(GcmNumbers, BeginAtTheClockAndGrowByOne) {
    start();
    const std::uint64_t first = static_cast<std::uint64_t>(clock.unix_ns()) / 16;
    EXPECT_EQ(send(3), (std::vector{first, first + 1, first + 2}));
    pass_seconds(stream().options.rotation);
    EXPECT_EQ(send(1), std::vector{first + 3}); // over rotations
}

TEST_F(GcmNumbers, AreNotUsedTwiceAfterAKillHoweverTheClockIsSet) {
    start();
    expect_new(send(5));
    restart_as_after_a_kill();
    expect_new(send(5));
    clock.step(-3600 * nanoseconds_per_second);
    restart_as_after_a_kill();
    expect_new(send(5));
    clock.step(7200 * nanoseconds_per_second);
    restart_as_after_a_kill();
    expect_new(send(5));
}

TEST_F(GcmNumbers, AreNotUsedBeforeTheyAreOnTheDisk) {
    start();
    seal().recorded = seal().next.load() + 2;
    seal().ask_at = SealState::never;
    EXPECT_EQ(send(2).size(), 2U);
    from_host(to_bob(udp6()).payload(20));
    expect_dropped(Side::internal, Reason::number_unrecorded);
}

TEST_F(GcmNumbers, AreRecordedAheadAsTheyAreUsed) {
    start();
    const std::uint64_t recorded = seal().recorded;
    EXPECT_EQ(recorded, seal().next + gcm_step);
    seal().next = recorded - gcm_step / 2; // so many packets were sent
    EXPECT_EQ(send(1).size(), 1U);
    becomes_true([&] {
        site->tick();
        return seal().recorded != recorded;
    });
    EXPECT_EQ(seal().recorded, recorded + gcm_step);
    const auto before = send(1);
    restart_as_after_a_kill();
    EXPECT_GE(send(1).at(0), recorded + gcm_step);
    EXPECT_LT(before.at(0), recorded);
}

class CbcNumbers : public Numbers {
protected:
    CbcNumbers() { use_cipher(Cipher::aes_256_cbc); }
};

TEST_F(CbcNumbers, BeginAtRandomWithEachSaltAndGrowByOne) {
    start();
    const auto first = send(3);
    ASSERT_EQ(first.size(), 3U);
    EXPECT_EQ(first[1], (first[0] + 1) & 0xffffff);
    EXPECT_EQ(first[2], (first[0] + 2) & 0xffffff);
    std::set<std::uint64_t> beginnings{first[0]};
    for (int i = 0; i < 8; ++i) {
        pass_seconds(stream().options.rotation);
        await_numbers();
        beginnings.insert(send(1).at(0));
    }
    EXPECT_GE(beginnings.size(), 8U); // two alike: once in half a million runs
}

TEST_F(CbcNumbers, AreNotUsedTwiceAfterAKillHoweverTheClockIsSet) {
    start();
    expect_new(send(5), salt());
    restart_as_after_a_kill(); // in the same salt
    expect_new(send(5), salt());
    pass_seconds(stream().options.rotation);
    expect_new(send(5), salt());
    clock.step(-nanoseconds_per_second * stream().options.rotation);
    restart_as_after_a_kill(); // in a salt that was used before
    expect_new(send(5), salt());
}

TEST_F(CbcNumbers, AreNotUsedTwiceWhereTheClockIsSetBackAndForth) {
    start();
    const std::int64_t rotation = nanoseconds_per_second * stream().options.rotation;
    for (const int rotations : {0, 20, -20, 1, -1, -3, 3, 50, -50}) {
        clock.step(rotations * rotation);
        for (int i = 0; i < 20; ++i) {
            pass(nanoseconds_per_second / 1000);
        }
        await_numbers();
        const auto numbers = send(5);
        EXPECT_EQ(numbers.size(), 5U);
        expect_new(numbers, salt());
        site->take_reasons();
    }
}

// Which of them were used is not remembered without end.
TEST_F(CbcNumbers, OfASaltLongGoneAreNotUsedAtAll) {
    start();
    const Salt then = salt();
    expect_new(send(1), then);
    clock.step(nanoseconds_per_second * stream().options.rotation * 1000);
    for (int i = 0; i < 20; ++i) {
        pass(nanoseconds_per_second / 1000);
    }
    clock.step(-nanoseconds_per_second * stream().options.rotation * 1000);
    for (int i = 0; i < 20; ++i) {
        pass(nanoseconds_per_second / 1000);
    }
    ASSERT_EQ(salt(), then);
    from_host(to_bob(udp6()).payload(20));
    expect_dropped(Side::internal, Reason::number_unrecorded);
}

TEST_F(CbcNumbers, AreExhaustedAfterSixteenMillionPacketsOfASalt) {
    start();
    seal().next = SealState::cbc_numbers - 2;
    seal().recorded = SealState::cbc_numbers;
    seal().ask_at = SealState::never;
    EXPECT_EQ(send(2).size(), 2U);
    from_host(to_bob(udp6()).payload(20));
    expect_dropped(Side::internal, Reason::number_exhausted);
    pass_seconds(stream().options.rotation);
    EXPECT_EQ(send(2).size(), 2U);
}

TEST_F(CbcNumbers, WrapAroundWithinTheirTwentyFourBits) {
    start();
    seal().first = 0xffffff;
    EXPECT_EQ(send(3), (std::vector<std::uint64_t>{0xffffff, 0, 1}));
}

} // namespace
} // namespace mt6d::test
