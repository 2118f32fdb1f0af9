// SPDX-License-Identifier: BSD-3-Clause
// Traffic that no stream carries (docs/protocol.md, section 10; RFC 4389), byte for byte.
#include "proxy_fixture.hpp"

namespace mt6d::test {
namespace {

// --- packets ----------------------------------------------------------------------------------

TEST_F(Proxy, SendsWhatIsOnLinkToItsNeighborOnceThatAnswers) {
    start();
    introduce_carol();
    const Octets next = tcp6().from(temporary).to(carol).hop_limit(1).payload(700);
    inside(next);
    expect_sent(Side::external, {leaves_outside(next, carol_mac)}); // the hop limit as it was
    const PortStatistics port = site->statistics().ports[index(Side::internal)];
    EXPECT_EQ(port.proxied_packets, 2U);
}

TEST_F(Proxy, SendsWhatComesInToTheHostThatAnswers) {
    start();
    introduce_alice();
    const Octets next = udp6().from(far_away).to(temporary).payload(1400);
    outside(next);
    expect_sent(Side::internal, {leaves_inside(next, alice().mac)});
}

TEST_F(Proxy, SendsTheRestToTheDefaultRouter) {
    start();
    const Octets packet = udp6().from(temporary).to(far_away).payload(20);
    inside(packet);
    expect_sent(Side::external, {leaves_outside(packet, router_mac())});
}

TEST_F(Proxy, LetsHostsTalkToTheRouterItself) {
    start();
    const Octets packet = icmp6(128).from(address("fe80::a")).to(router_address()).payload(20);
    inside(packet);
    expect_sent(Side::external, {leaves_outside(packet, router_mac())});
}

TEST_F(Proxy, ReachesAConfiguredHostAtItsConfiguredMacWithoutAsking) {
    start();
    const Octets packet = udp6().from(carol).to(alice().address).payload(20);
    outside(packet);
    expect_delivered(packet);
}

TEST_F(Proxy, AtMostThreePacketsWaitForANeighborThatNobodyKnows) {
    start();
    for (std::uint8_t i = 0; i < 5; ++i) {
        inside(udp6().from(temporary).to(carol).payload(Octets{i}));
    }
    expect({}, {}, {{"internal neighbor_unknown", 2}}, 3);
    site->tick();
    expect({}, {question(Side::external, carol)}, {}, 3);
    for (unsigned i = 0; i < 2; ++i) {
        pass_seconds(1);
        expect({}, {question(Side::external, carol)}, {}, 3);
    }
    pass_seconds(1); // and no answer
    expect({}, {}, {{"internal next_hop_unreachable", 3}});
}

TEST_F(Proxy, MulticastGoesFromSideToSide) {
    start();
    const Octets query = udp6().from(address("fe80::a")).to(group).hop_limit(255).payload(30);
    inside(query, group.multicast_mac());
    expect_sent(Side::external, {leaves_outside(query, group.multicast_mac())});
    const Octets answer = udp6().from(carol).to(group).hop_limit(255).payload(30);
    outside(answer, group.multicast_mac());
    expect_sent(Side::internal, {leaves_inside(answer, group.multicast_mac())});
}

// With the DUID that the client chose: docs/troubleshooting.md.
TEST_F(Proxy, Dhcpv6GoesThroughAsItIs) {
    start();
    const Ipv6Address client = address("fe80::a");
    const Ipv6Address servers = address("ff02::1:2");
    const auto message = [](std::uint16_t from, std::uint16_t to, std::uint8_t type) {
        Octets bytes;
        append(bytes, from, 2);
        append(bytes, to, 2);
        append(bytes, 8 + 4 + 14, 2);
        append(bytes, 0xabcd, 2); // nobody looks at the checksum
        return packet_of(protocol::udp)
            .hop_limit(1)
            .payload(bytes + Octets{type, 1, 2, 3, 0, 1, 0, 10, 0, 3, 0, 1} + octets(alice().mac));
    };
    const Octets solicit = message(546, 547, 1).from(client).to(servers);
    inside(solicit, servers.multicast_mac());
    expect_sent(Side::external, {leaves_outside(solicit, servers.multicast_mac())});

    const Octets advertise = message(547, 546, 2).from(address("fe80::ca")).to(client);
    outside(advertise);
    site->settle(1);
    site->tick();
    expect({question(Side::internal, client)}, {}, {}, 1);
    answer_question(Side::internal, client, alice().mac);
    site->settle(1);
    site->tick();
    expect({leaves_inside(advertise, alice().mac)}, {}, {{"internal discovery_heard", 1}});
}

TEST_F(Proxy, WhatIsForRoutersDoesNotGoInside) {
    start();
    for (const Ipv6Address& to : {all_routers, all_mld_routers}) {
        outside(udp6().from(carol).to(to).payload(30), to.multicast_mac());
        expect_dropped(Side::external, Reason::not_for_hosts);
    }
}

TEST_F(Proxy, ReportsOfListenersOutsideDoNotGoInside) {
    start();
    const Ipv6Address to = temporary.solicited_node_group();
    const Octets alert{0, 0, 5, 2, 0, 0, 1, 0};
    for (const std::uint8_t type : Octets{131, 132}) { // version 1: to the group itself
        outside(icmp6(type)
                    .from(address("fe80::ca"))
                    .to(to)
                    .hop_limit(1)
                    .extension(protocol::hop_by_hop, alert)
                    .payload(Octets(4) + octets(to)),
                to.multicast_mac());
        expect_dropped(Side::external, Reason::not_for_hosts);
    }
}

TEST_F(Proxy, WhatIsLargerThanTheOtherLinkIsRefusedAsARouterWould) {
    shape.mtu = {1500, 1400};
    start();
    const Octets packet = udp6().from(temporary).to(far_away).payload(1353);
    inside(packet);
    site->settle();
    const auto frames = site->take_sent(Side::internal);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0][54], 2U); // Packet Too Big
    EXPECT_EQ(read(frames[0], 58, 4), 1400U);
    EXPECT_EQ(slice(frames[0], 38, 16), octets(temporary));
    expect({}, {}, {{"internal proxy_too_big", 1}});
    const Octets fits = udp6().from(temporary).to(far_away).payload(1352);
    inside(fits);
    expect_sent(Side::external, {leaves_outside(fits, router_mac())});
}

TEST_F(Proxy, NobodyTalksToTheGatewayItself) {
    start();
    inside(icmp6(128).from(address("fe80::a")).to(inside_link_local()).payload(20));
    expect_dropped(Side::internal, Reason::to_gateway);
    outside(icmp6(128).from(carol).to(outside_link_local()).payload(20));
    expect_dropped(Side::external, Reason::unprotected);
    outside(udp6().from(carol).to(in().destination).payload(20)); // a hashed address
    expect_dropped(Side::external, Reason::unprotected);
}

// --- protected pairs --------------------------------------------------------------------------

class EachPolicy : public Proxy, public testing::WithParamInterface<config::Unprotected> {
protected:
    EachPolicy() { config.unprotected = GetParam(); }
};

TEST_P(EachPolicy, AnotherAddressOfAHostDoesNotReachAProtectedRemoteHost) {
    start();
    const Octets packet = udp6().from(temporary).to(bob().address).payload(20);
    inside(packet);
    const Octets told =
        icmp6(1, 5).from(bob().address).to(temporary).hop_limit(64).payload(Octets(4) + packet);
    expect({host_frame(told)}, {}, {{"internal protected_remote", 1}});
}

TEST_P(EachPolicy, NoErrorIsMadeAboutAnError) {
    start();
    inside(icmp6(1, 4).from(temporary).to(bob().address).payload(Octets(48)));
    expect_dropped(Side::internal, Reason::protected_remote);
}

TEST_P(EachPolicy, AProtectedPairFromOutsideIsDroppedInTheClear) {
    start();
    outside(udp6().from(bob().address).to(alice().address).payload(20));
    expect_dropped(Side::external, Reason::protected_pair);
}

// Who talks to whom would be seen outside.
TEST_P(EachPolicy, ProtectedHostsDoNotMeetInDiscoveryMessages) {
    start();
    site->take_sent(Side::external);
    inside(advertisement(temporary, bob().address, temporary, solicited | overrides,
                         link_layer_option(2, alice().mac)));
    expect_dropped(Side::internal, Reason::discovery_unsolicited);
    inside(solicitation(temporary, bob().address, carol, link_layer_option(1, alice().mac)));
    expect_dropped(Side::internal, Reason::discovery_not_ours);
    outside(
        solicitation(bob().address, alice().address, temporary, link_layer_option(1, carol_mac)));
    expect_dropped(Side::external, Reason::discovery_not_ours);
    outside(advertisement(bob().address, alice().address, carol, solicited,
                          link_layer_option(2, carol_mac)));
    expect_dropped(Side::external, Reason::discovery_unsolicited);
}

TEST_P(EachPolicy, HostsThatAreToldSoAreToldSeldomAndAtNoStreamsCost) {
    start();
    constexpr std::uint64_t sent = 2000;
    for (std::uint64_t i = 0; i < sent; ++i) {
        inside(udp6().from(temporary).to(bob().address).payload(20));
    }
    site->settle();
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal protected_remote", sent}}));
    const std::size_t told = site->take_sent(Side::internal).size();
    EXPECT_GE(told, 50U);   // at once
    EXPECT_LT(told, 1500U); // and 100 a second after that, on the slowest machine
    from_host(to_bob(udp6()).payload(1500 - 48));
    site->settle();
    EXPECT_EQ(site->take_sent(Side::internal).size(), 1U);
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal packet_too_big", 1}}));
}

INSTANTIATE_TEST_SUITE_P(Both, EachPolicy,
                         testing::Values(config::Unprotected::proxy, config::Unprotected::drop),
                         [](const auto& policy) {
                             return policy.param == config::Unprotected::proxy ? "Proxy" : "Drop";
                         });

TEST_F(Proxy, UnderDropNothingGoesFromSideToSide) {
    config.unprotected = config::Unprotected::drop;
    start();
    inside(udp6().from(temporary).to(far_away).payload(1));
    expect_dropped(Side::internal, Reason::unprotected);
    inside(udp6().from(temporary).to(group).payload(1), group.multicast_mac());
    expect_dropped(Side::internal, Reason::unprotected);
    outside(udp6().from(carol).to(alice().address).payload(1));
    expect_dropped(Side::external, Reason::unprotected);
    outside(udp6().from(carol).to(group).payload(1), group.multicast_mac());
    expect_dropped(Side::external, Reason::unprotected);
    const Ipv6Address to = carol.solicited_node_group();
    inside(solicitation(temporary, to, carol, link_layer_option(1, alice().mac)),
           to.multicast_mac());
    expect_dropped(Side::internal, Reason::discovery_not_ours);
}

// --- other frames -----------------------------------------------------------------------------

TEST_F(Proxy, OtherFramesGoUnchangedWhereTheyMay) {
    config.other_frames = config::OtherFrames::forward;
    start();
    const Octets arp = frame(mac("ff:ff:ff:ff:ff:ff"), alice().mac, pattern(46), 0x0806);
    const Octets tagged = frame(carol_mac, alice().mac, pattern(60), 0x8100);
    for (const Octets& each : {arp, tagged}) {
        site->receive(Side::internal, each);
        expect_sent(Side::external, {each});
        site->receive(Side::external, each);
        expect_sent(Side::internal, {each});
    }
    for (const PortStatistics& port : site->statistics().ports) {
        EXPECT_EQ(port.other_frames, 1U);
        EXPECT_EQ(port.tagged_frames, 1U);
    }
    // IPv6 for another station is none of them.
    site->receive(Side::internal, frame(stranger_mac(), alice().mac, to_bob(udp6())));
    expect_dropped(Side::internal, Reason::not_for_us);
}

TEST_F(Proxy, OtherFramesLargerThanTheOtherLinkAreDropped) {
    config.other_frames = config::OtherFrames::forward;
    shape.mtu = {1500, 1400};
    start();
    constexpr std::size_t tags = 8;
    for (const auto& [type, fits] : {std::pair<std::uint16_t, std::size_t>{0x0800, 1400},
                                     {0x8100, 1400 + tags},
                                     {0x88a8, 1400 + tags}}) {
        const Octets good = frame(carol_mac, alice().mac, pattern(fits), type);
        site->receive(Side::internal, good);
        expect_sent(Side::external, {good});
        site->receive(Side::internal, frame(carol_mac, alice().mac, pattern(fits + 1), type));
        expect_dropped(Side::internal, Reason::proxy_too_big);
    }
}

// --- floods -----------------------------------------------------------------------------------

TEST_F(Proxy, AFloodToNowhereCostsStrangersAlone) {
    start();
    introduce_carol();
    for (unsigned round = 0; round < 40; ++round) {
        for (unsigned i = 0; i < 100; ++i) {
            Ipv6Address nowhere = address("2001:db8:a::dead:0:0");
            nowhere.bytes[14] = static_cast<std::uint8_t>(round);
            nowhere.bytes[15] = static_cast<std::uint8_t>(i);
            inside(udp6().from(temporary).to(nowhere).payload(1));
        }
        pass(10'000'000);
    }
    for (unsigned i = 0; i < 3000 && (i < 100 || !site->is_settled()); ++i) {
        pass(nanoseconds_per_second / 10); // they are given up, some at a time
    }
    site->settle();
    site->take_sent(Side::external);
    site->take_reasons();
    const Octets to_carol = udp6().from(temporary).to(carol).payload(2);
    inside(to_carol);
    expect_sent(Side::external, {leaves_outside(to_carol, carol_mac)});
    from_host(to_bob(udp6()).payload(9));
    expect_tunnelled(to_bob(udp6()).payload(9));
}

} // namespace
} // namespace mt6d::test
