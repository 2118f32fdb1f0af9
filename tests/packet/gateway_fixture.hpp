// SPDX-License-Identifier: BSD-3-Clause
// What most packet tests share: one stream from alice (a host here) to bob (behind the peer), a
// default router whose MAC is configured, rotation every 10 s, and the middle of a rotation.
#pragma once

#include "support/becomes_true.hpp"
#include "support/temporary_directory.hpp"
#include "test_gateway.hpp"
#include "tunnel_model.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace mt6d::test {

// --- the scene --------------------------------------------------------------------------------

config::Host alice();
config::Host bob();
config::Stream alice_to_bob();
config::Config one_stream();
// Alice talks to so many remote hosts, each with a key of its own.
config::Config many_streams(std::size_t count);

Ipv6Address router_address();
MacAddress router_mac();
MacAddress stranger_mac();
Ipv6Address inside_link_local();  // the gateway's own
Ipv6Address outside_link_local(); // likewise

inline constexpr UnixSeconds start_time = 1'700'000'005; // 5 s after a boundary

// Of a stream that was there when the gateway started.
constexpr dataplane::StreamRef first_life_of(std::uint32_t id) {
    return {id, 0};
}

class GatewayTest : public testing::Test {
protected:
    GatewayTest() : config(one_stream()), clock(start_time * nanoseconds_per_second) {}

    // Both may be changed before start().
    config::Config config;
    Shape shape;

    void use_cipher(Cipher cipher); // for every stream
    void start();
    void TearDown() override { site.reset(); }

    // --- now ----------------------------------------------------------------------------------
    [[nodiscard]] const config::Stream& stream(std::size_t i = 0) const {
        return config.streams.at(i);
    }
    [[nodiscard]] Salt salt(std::size_t i = 0) const;
    [[nodiscard]] Route out(std::size_t i = 0) const { return outgoing(stream(i), salt(i)); }
    [[nodiscard]] Route in(std::size_t i = 0) const { return incoming(stream(i), salt(i)); }
    // Both clocks move, and control sees it.
    void pass(std::int64_t nanoseconds);
    // What the first stream's packets are sealed with now; none with cipher none.
    SealState& seal() { return *site->gateway().streams().context(0).slot(salt())->seal; }
    // Until numbers of the active salt are on the disk, which is as fast as it is.
    void await_numbers() {
        EXPECT_TRUE(becomes_true([&] {
            site->tick();
            return seal().recorded > seal().next;
        }));
    }
    void pass_seconds(std::int64_t seconds) { pass(seconds * nanoseconds_per_second); }

    // --- input --------------------------------------------------------------------------------
    // IPv6 packets, in Ethernet frames for the gateway, from alice's and the router's MAC.
    void from_host(const Octets& packet, std::uint16_t queue = 0);
    void from_network(const Octets& packet, std::uint16_t queue = 0);
    // Of alice to bob, and of bob to alice.
    [[nodiscard]] Packet to_bob(Packet packet, std::size_t i = 0) const;
    [[nodiscard]] Packet to_alice(Packet packet, std::size_t i = 0) const;

    // What a router of the path says of a packet that is sent to the peer.
    [[nodiscard]] static Octets too_big(std::uint32_t mtu, const Octets& sent);

    // --- verdict: each waits until everything has settled -------------------------------------
    // These frames and no others left by that port, and nothing was dropped.
    void expect_sent(Side side, const std::vector<Octets>& frames);
    // The peer gets `inner` in a tunnel packet of the active salt.
    void expect_tunnelled(const Octets& inner, const TunnelForm& form = {});
    // Alice gets it.
    void expect_delivered(const Octets& inner);
    // Nothing left, and so many packets are counted under this reason alone.
    void expect_dropped(Side side, Reason reason, std::uint64_t count = 1);
    // Exactly these frames left by each port, with these reasons.
    void expect(const std::vector<Octets>& inside, const std::vector<Octets>& outside,
                const ReasonCounts& reasons, std::uint64_t still_inside = 0);

    // As they leave by the external and the internal port.
    [[nodiscard]] Octets outside_frame(const Octets& packet) const;
    [[nodiscard]] Octets host_frame(const Octets& packet) const;

    FakeClock clock;
    std::optional<TestGateway> site;

private:
    TemporaryDirectory directory_; // of state: the next gateway of the test finds it again
};

} // namespace mt6d::test
