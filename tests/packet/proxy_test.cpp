// SPDX-License-Identifier: BSD-3-Clause
// Traffic that no stream carries (docs/protocol.md, section 10; RFC 4389), byte for byte.
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

constexpr std::uint32_t solicited = 0x40000000;
constexpr std::uint32_t overrides = 0x20000000;

// Alice's other address, and a machine outside that has nothing to do with any stream.
const Ipv6Address temporary = address("2001:db8:a::7e39");
const Ipv6Address carol = address("2001:db8:a::ca01");
const MacAddress carol_mac = mac("02:00:00:00:00:ca");
const Ipv6Address far_away = address("2001:db8:77::1");
const Ipv6Address group = address("ff02::fb");

class Proxy : public GatewayTest {
protected:
    Proxy() {
        config.unprotected = config::Unprotected::proxy;
        config.external.on_link = {*Ipv6Prefix::parse("2001:db8:a::/64")};
    }

    void inside(const Octets& packet, std::optional<MacAddress> to = {}) {
        site->receive(Side::internal,
                      frame(to.value_or(TestGateway::internal_mac), alice().mac, packet));
    }
    void outside(const Octets& packet, std::optional<MacAddress> to = {}) {
        site->receive(Side::external,
                      frame(to.value_or(TestGateway::external_mac), carol_mac, packet));
    }
    static Octets leaves_outside(const Octets& packet, const MacAddress& to) {
        return frame(to, TestGateway::external_mac, packet);
    }
    static Octets leaves_inside(const Octets& packet, const MacAddress& to) {
        return frame(to, TestGateway::internal_mac, packet);
    }
    // The gateway's own question on one side, by multicast.
    static Octets question(Side side, const Ipv6Address& target) {
        const bool internal = side == Side::internal;
        const MacAddress own = internal ? TestGateway::internal_mac : TestGateway::external_mac;
        const Ipv6Address to = target.solicited_node_group();
        return frame(to.multicast_mac(), own,
                     solicitation(internal ? inside_link_local() : outside_link_local(), to, target,
                                  link_layer_option(1, own)));
    }
    void answer_question(Side side, const Ipv6Address& target, const MacAddress& mac) {
        const bool internal = side == Side::internal;
        site->receive(
            side, frame(internal ? TestGateway::internal_mac : TestGateway::external_mac, mac,
                        advertisement(target, internal ? inside_link_local() : outside_link_local(),
                                      target, solicited | overrides, link_layer_option(2, mac))));
    }
    // One packet from alice to carol, whom the gateway then knows; and the other way.
    void introduce_carol() {
        inside(udp6().from(temporary).to(carol).payload(1));
        site->settle(1);
        site->tick();
        expect({}, {question(Side::external, carol)}, {}, 1);
        answer_question(Side::external, carol, carol_mac);
        site->settle(1);
        site->tick();
        expect({}, {leaves_outside(udp6().from(temporary).to(carol).payload(1), carol_mac)},
               {{"external discovery_heard", 1}});
    }
    void introduce_alice() {
        outside(udp6().from(carol).to(temporary).payload(1));
        site->settle(1);
        site->tick();
        expect({question(Side::internal, temporary)}, {}, {}, 1);
        answer_question(Side::internal, temporary, alice().mac);
        site->settle(1);
        site->tick();
        expect({leaves_inside(udp6().from(carol).to(temporary).payload(1), alice().mac)}, {},
               {{"internal discovery_heard", 1}});
    }
};

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

// Who talked to a hashed address a moment ago asks where it is.
TEST_F(Proxy, AHashedAddressOfThePastIsNotLookedForInside) {
    config.external.on_link.push_back(*Ipv6Prefix::parse("2001:db8:b::/64"));
    start();
    const std::array ended{in().destination, in().source};
    for (int i = 0; i < 6; ++i) {
        pass_seconds(10);
    }
    site->settle();
    site->take_sent(Side::external);
    for (const Ipv6Address& hashed : ended) {
        outside(solicitation(carol, hashed, hashed, link_layer_option(1, carol_mac)));
        expect_dropped(Side::external, Reason::discovery_not_ours);
        outside(udp6().from(carol).to(hashed).payload(4));
        expect_dropped(Side::external, Reason::unprotected);
    }
}

// Its clock is ahead, or it prepares earlier.
TEST_F(Proxy, APeerThatAsksForWhatIsNotYetDisturbsNoHost) {
    config.external.on_link.push_back(*Ipv6Prefix::parse("2001:db8:b::/64"));
    start();
    site->settle();
    site->take_sent(Side::external); // its own questions
    for (const Ipv6Address& hashed :
         {outgoing(stream(), salt() + 3).source, outgoing(stream(), salt() + 3).destination}) {
        const Ipv6Address to = hashed.solicited_node_group();
        outside(solicitation(carol, to, hashed, link_layer_option(1, carol_mac)),
                to.multicast_mac());
        expect_dropped(Side::external, Reason::discovery_not_ours);
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

// --- neighbour discovery ----------------------------------------------------------------------

TEST_F(Proxy, SolicitationsOfHostsShowTheGatewaysMacOutside) {
    start();
    const Ipv6Address to = carol.solicited_node_group();
    inside(solicitation(temporary, to, carol, link_layer_option(1, alice().mac)),
           to.multicast_mac());
    expect_sent(Side::external,
                {leaves_outside(solicitation(temporary, to, carol,
                                             link_layer_option(1, TestGateway::external_mac)),
                                to.multicast_mac())});
}

TEST_F(Proxy, AnswersReachTheHostWithTheGatewaysMac) {
    start();
    introduce_alice();
    outside(advertisement(carol, temporary, carol, solicited | overrides,
                          link_layer_option(2, carol_mac)));
    expect_sent(Side::internal,
                {leaves_inside(advertisement(carol, temporary, carol, solicited | overrides,
                                             link_layer_option(2, TestGateway::internal_mac)),
                               alice().mac)});
}

TEST_F(Proxy, SolicitationsFromOutsideReachHostsAndTheirAnswersTheAsker) {
    start();
    const Ipv6Address to = temporary.solicited_node_group();
    outside(solicitation(carol, to, temporary, link_layer_option(1, carol_mac)),
            to.multicast_mac());
    expect_sent(Side::internal,
                {leaves_inside(solicitation(carol, to, temporary,
                                            link_layer_option(1, TestGateway::internal_mac)),
                               to.multicast_mac())});
    introduce_carol();
    inside(advertisement(temporary, carol, temporary, solicited | overrides,
                         link_layer_option(2, alice().mac)));
    expect_sent(Side::external,
                {leaves_outside(advertisement(temporary, carol, temporary, solicited | overrides,
                                              link_layer_option(2, TestGateway::external_mac)),
                                carol_mac)});
}

TEST_F(Proxy, DuplicateDetectionOfUnprotectedAddressesGoesThrough) {
    start();
    const Ipv6Address to = temporary.solicited_node_group();
    const Octets nonce{14, 1, 1, 2, 3, 4, 5, 6};
    inside(solicitation({}, to, temporary, nonce), to.multicast_mac());
    expect_sent(Side::external,
                {leaves_outside(solicitation({}, to, temporary, nonce), to.multicast_mac())});
    outside(
        advertisement(temporary, all_nodes, temporary, overrides, link_layer_option(2, carol_mac)),
        all_nodes.multicast_mac());
    expect_sent(Side::internal,
                {leaves_inside(advertisement(temporary, all_nodes, temporary, overrides,
                                             link_layer_option(2, TestGateway::internal_mac)),
                               all_nodes.multicast_mac())});
}

TEST_F(Proxy, DuplicateDetectionOfAHostsTrueAddressStaysInside) {
    start();
    const Ipv6Address to = alice().address.solicited_node_group();
    inside(solicitation({}, to, alice().address), to.multicast_mac());
    expect_dropped(Side::internal, Reason::discovery_not_ours);
}

TEST_F(Proxy, NothingHashedIsSpokenOfInside) {
    config.external.on_link.push_back(*Ipv6Prefix::parse("2001:db8:b::/64"));
    start();
    for (const Ipv6Address& hashed : {out().destination, in().destination}) {
        SCOPED_TRACE(hashed.text());
        const bool own = hashed == in().destination;
        const Ipv6Address to = hashed.solicited_node_group();
        outside(solicitation(carol, to, hashed), to.multicast_mac());
        site->settle();
        EXPECT_TRUE(site->take_sent(Side::internal).empty());
        site->take_sent(Side::external);
        EXPECT_EQ(site->take_reasons().size(), 1U);
        outside(
            advertisement(hashed, all_nodes, hashed, overrides, link_layer_option(2, carol_mac)),
            all_nodes.multicast_mac());
        expect_dropped(Side::external,
                       own ? Reason::discovery_unsolicited : Reason::discovery_heard);
    }
    // A peer that asks about someone else, as its hashed self.
    const Ipv6Address to = temporary.solicited_node_group();
    outside(solicitation(out().destination, to, temporary, link_layer_option(1, carol_mac)),
            to.multicast_mac());
    expect_dropped(Side::external, Reason::discovery_not_ours);
}

TEST_F(Proxy, RedirectsReachTheHostWithTheGatewaysMac) {
    start();
    introduce_alice();
    const auto redirect = [](const MacAddress& mac) {
        return icmp6(137)
            .from(router_address())
            .to(temporary)
            .hop_limit(255)
            .payload(Octets(4) + octets(address("fe80::2")) + octets(far_away)
                     + link_layer_option(2, mac));
    };
    outside(redirect(stranger_mac()));
    expect_sent(Side::internal, {leaves_inside(redirect(TestGateway::internal_mac), alice().mac)});
    inside(redirect(stranger_mac()));
    expect_dropped(Side::internal, Reason::discovery_unhandled);
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
    EXPECT_EQ(site->statistics().ports[0].other_frames, 2U);
    // IPv6 for another station is none of them.
    site->receive(Side::internal, frame(stranger_mac(), alice().mac, to_bob(udp6())));
    expect_dropped(Side::internal, Reason::not_for_us);
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
