// SPDX-License-Identifier: BSD-3-Clause
// Each number of aes-256-gcm is accepted once (docs/protocol.md, section 6), whatever was captured
// and is sent again, and whenever.
#include "gateway_fixture.hpp"

#include <mt6d/replay.hpp>

namespace mt6d::test {
namespace {

class Replay : public GatewayTest {
protected:
    Replay() { use_cipher(Cipher::aes_256_gcm); }

    [[nodiscard]] Octets inner() const { return to_alice(udp6()).payload(20); }
    [[nodiscard]] Octets numbered(std::uint64_t number) const {
        return sealed_tunnel(in(), number, inner());
    }
    void accept(const Octets& packet) {
        from_network(packet);
        expect_delivered(inner());
    }
    void refuse(const Octets& packet) {
        from_network(packet);
        expect_dropped(Side::external, Reason::replayed);
    }
    void next_rotation() { pass_seconds(stream().options.rotation); }
};

TEST_F(Replay, EachNumberIsAcceptedOnceInAnyOrder) {
    start();
    for (const std::uint64_t number : {100U, 99U, 103U, 101U, 102U, 1U}) {
        accept(numbered(number));
    }
    for (const std::uint64_t number : {1U, 99U, 100U, 101U, 102U, 103U}) {
        refuse(numbered(number));
    }
    accept(numbered(98));
}

TEST_F(Replay, OfTwoAlikeInOneBurstOnePasses) {
    start();
    const Octets packet = frame(TestGateway::external_mac, router_mac(), numbered(5));
    site->receive_burst(Side::external, std::vector<Octets>(10, packet));
    expect({host_frame(inner())}, {}, {{"external replayed", 9}});
}

TEST_F(Replay, WhatIsBehindTheWindowIsRefused) {
    start();
    const std::uint64_t highest = 1'000'000;
    accept(numbered(highest));
    refuse(numbered(highest - ReplayWindow::size));
    accept(numbered(highest - ReplayWindow::size + 1));
    refuse(numbered(highest - ReplayWindow::size + 1));
    static_assert(ReplayWindow::size >= 1024);
}

TEST_F(Replay, AForgedPacketDoesNotMoveTheWindow) {
    start();
    Octets forged = numbered(1'000'000'000);
    forged.back() ^= 1;
    mend_checksum(forged);
    from_network(forged);
    expect_dropped(Side::external, Reason::cipher_tag);
    accept(numbered(1));
}

TEST_F(Replay, APacketSentAgainInTheNextSaltIsRefused) {
    start();
    const Octets packet = numbered(10);
    const Octets unseen = numbered(9);
    accept(packet);
    next_rotation();
    refuse(packet); // its route is still live
    accept(unseen);
    // Its number is of no use on the next salt's route either: each is its own text and tag.
    from_network(moved_to(in(), packet));
    EXPECT_TRUE((site->settle(), site->take_sent(Side::internal).empty()));
    site->take_reasons();
    for (int i = 0; i < 6; ++i) {
        next_rotation();
    }
    from_network(packet); // its route has ended
    site->settle();
    EXPECT_TRUE(site->take_sent(Side::internal).empty());
}

// A new salt's window begins at the highest number accepted when that salt became live.
TEST_F(Replay, ANewSaltBeginsWhereNumbersWere) {
    start();
    accept(numbered(500));
    next_rotation();
    accept(
        sealed_tunnel(incoming(stream(), salt() - 1), 400, inner())); // the old one's is as it was
    const Route after = incoming(stream(), salt() + 1);               // became live just now
    refuse(sealed_tunnel(after, 500, inner()));
    refuse(sealed_tunnel(after, 300, inner()));
    accept(sealed_tunnel(after, 501, inner()));
    // Numbers accepted since do not count: they may have overtaken.
    const Route next = incoming(stream(), salt());
    accept(sealed_tunnel(next, 900, inner()));
    accept(sealed_tunnel(after, 600, inner()));
}

TEST_F(Replay, AfterARestartOnlyLargerNumbersPass) {
    start();
    const Octets packet = numbered(10);
    const Octets unseen = numbered(9);
    accept(packet);
    site.reset();
    start();
    refuse(packet);
    refuse(unseen);
    accept(numbered(11));
    next_rotation();
    site.reset();
    start();
    refuse(sealed_tunnel(incoming(stream(), salt() - 1), 11, inner()));
    refuse(sealed_tunnel(incoming(stream(), salt() + 1), 11, inner()));
    accept(sealed_tunnel(incoming(stream(), salt() + 1), 12, inner()));
}

// The clock is set back: a salt's routes are made anew, its numbers are not.
TEST_F(Replay, AClockThatIsSetBackOpensNothing) {
    start();
    const Octets packet = numbered(10);
    accept(packet);
    clock.step(3600 * nanoseconds_per_second);
    site->tick();
    for (int i = 0; i < 10; ++i) {
        pass(nanoseconds_per_second / 100);
    }
    from_network(packet);
    expect_dropped(Side::external, Reason::unprotected); // that route is gone
    clock.step(-3600 * nanoseconds_per_second);
    for (int i = 0; i < 10; ++i) {
        pass(nanoseconds_per_second / 100);
    }
    refuse(packet);
    refuse(numbered(9));
    accept(numbered(11));
}

TEST_F(Replay, TheLargestNumberIsOfNoUse) {
    start();
    refuse(numbered(~std::uint64_t{0}));
    accept(numbered(~std::uint64_t{0} - 1));
    refuse(numbered(1));
}

} // namespace
} // namespace mt6d::test
