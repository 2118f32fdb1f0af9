// SPDX-License-Identifier: BSD-3-Clause
// Control packets (docs/protocol.md, section 6): the sign of life of who only listens.
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

class ControlPacket : public GatewayTest {
protected:
    ControlPacket() {
        config.streams[0].options.rotation = 3600; // one route throughout
        config.streams[0].options.lifetime = 7200;
    }
    void hear_data() {
        const Octets inner = to_alice(udp6()).payload(2);
        from_network(tunnel(in(), inner));
        expect_delivered(inner);
    }
    // Ticks ten times a second; how many control packets left, each of which is exact.
    int control_packets_in(int seconds) {
        for (int i = 0; i < 10 * seconds; ++i) {
            pass(nanoseconds_per_second / 10);
        }
        site->settle();
        const std::vector<Octets> sent = site->take_sent(Side::external);
        const Octets exact =
            outside_frame(tunnel(out(), control_packet(alice().address, bob().address)));
        for (const Octets& packet : sent) {
            EXPECT_EQ(hex(packet), hex(exact));
        }
        EXPECT_TRUE(site->take_sent(Side::internal).empty());
        return static_cast<int>(sent.size());
    }
};

TEST_F(ControlPacket, OneIsSentTenSecondsAfterDataThatNothingAnswers) {
    start();
    pass_seconds(1);
    hear_data();
    EXPECT_EQ(control_packets_in(10), 0);
    EXPECT_EQ(control_packets_in(2), 1);
    EXPECT_EQ(control_packets_in(60), 0); // until there is more data
    EXPECT_EQ(site->statistics().streams[0].control_packets_sent, 1U);
    hear_data();
    EXPECT_EQ(control_packets_in(12), 1);
}

TEST_F(ControlPacket, DataWithoutEndIsAnsweredEachTenSeconds) {
    start();
    int sent = 0;
    for (int i = 0; i < 66; ++i) {
        hear_data();
        sent += control_packets_in(1);
    }
    EXPECT_GE(sent, 5);
    EXPECT_LE(sent, 6);
}

TEST_F(ControlPacket, NoneIsSentByWhoSendsData) {
    start();
    for (int i = 0; i < 15; ++i) {
        hear_data();
        const Octets inner = to_bob(udp6()).payload(1);
        from_host(inner);
        expect_tunnelled(inner);
        EXPECT_EQ(control_packets_in(2), 0);
    }
}

TEST_F(ControlPacket, OneThatIsHeardIsCountedAndNeverAnswered) {
    start();
    for (int i = 0; i < 5; ++i) {
        from_network(tunnel(in(), control_packet(bob().address, alice().address)));
        expect_dropped(Side::external, Reason::control_packet);
    }
    EXPECT_EQ(control_packets_in(40), 0);
    EXPECT_EQ(site->statistics().streams[0].control_packets_heard, 5U);
    EXPECT_EQ(site->statistics().streams[0].dropped_packets, 0U);
}

TEST_F(ControlPacket, OnlyTheExactFormIsOne) {
    start();
    const Packet nearly = packet_of(59).from(bob().address).to(alice().address);
    for (const Packet& packet :
         {Packet(nearly).hop_limit(1), Packet(nearly).hop_limit(0).traffic_class(4),
          Packet(nearly).hop_limit(0).flow_label(1), Packet(nearly).hop_limit(0).payload(1),
          packet_of(253).from(bob().address).to(alice().address).hop_limit(0)}) {
        from_network(tunnel(in(), packet));
        expect_delivered(packet);
    }
}

TEST_F(ControlPacket, TheNextHopIsWaitedForLikeByAnyPacket) {
    config.external.neighbors.clear();
    start();
    from_network(tunnel(in(), to_alice(udp6()).payload(2)));
    site->settle();
    for (int i = 0; i < 120; ++i) {
        pass(nanoseconds_per_second / 10);
    }
    site->settle();
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal next_hop_unreachable", 1}}));
}

} // namespace
} // namespace mt6d::test
