// SPDX-License-Identifier: BSD-3-Clause
// Routers outside (docs/protocol.md, sections 7.4 and 7.5): how they are learned, believed, told to
// hosts and lost, and what somebody can do who says that he is one.
#include "neighborhood_fixture.hpp"

namespace mt6d::test {
namespace {

constexpr std::uint32_t router_flag = 0x80000000;

class Routers : public NeighborhoodTest {
protected:
    Routers() {
        config.external.router_advertisements = config::Advertisements::learn;
        config.external.default_router.reset();
    }
    // A router without a configured MAC answers what the gateway asks; R or not.
    void answer(const Ipv6Address& router, const MacAddress& from,
                std::uint32_t flags = router_flag | solicited | overrides) {
        site->receive(Side::external, frame(TestGateway::external_mac, from,
                                            advertisement(router, outside_link_local(), router,
                                                          flags, link_layer_option(2, from))));
        site->settle();
        tick_for(nanoseconds_per_second / 10);
    }
    static Octets own_solicitation() {
        return frame(all_routers.multicast_mac(), TestGateway::external_mac,
                     icmp6(133)
                         .from(outside_link_local())
                         .to(all_routers)
                         .hop_limit(255)
                         .payload(Octets(4) + link_layer_option(1, TestGateway::external_mac)));
    }
    void expect_no_next_hop() {
        forget_sent();
        from_host(to_bob(udp6()));
        expect_dropped(Side::internal, Reason::next_hop_unreachable);
    }
    // Alice asks for that router.
    static Octets question(const Ipv6Address& router) {
        const Ipv6Address group = router.solicited_node_group();
        return frame(
            group.multicast_mac(), alice().mac,
            solicitation(address("fe80::a"), group, router, link_layer_option(1, alice().mac)));
    }
    void expect_answered_inside(const Ipv6Address& router) {
        forget_sent();
        site->receive(Side::internal, question(router));
        expect({frame(alice().mac, TestGateway::internal_mac,
                      advertisement(router, address("fe80::a"), router,
                                    router_flag | solicited | overrides,
                                    link_layer_option(2, TestGateway::internal_mac)))},
               {}, {{"internal discovery_answered", 1}});
    }
    void expect_not_answered_inside(const Ipv6Address& router) {
        forget_sent();
        site->receive(Side::internal, question(router));
        expect_dropped(Side::internal, Reason::discovery_not_ours);
    }
    void expect_next_hop(const MacAddress& mac) {
        forget_sent();
        from_host(to_bob(udp6()).payload(4));
        site->settle();
        EXPECT_EQ(site->take_sent(Side::external),
                  (std::vector<Octets>{frame(mac, TestGateway::external_mac,
                                             tunnel(out(), to_bob(udp6()).payload(4)))}));
    }
};

TEST_F(Routers, AnAdvertisementReachesHostsInTheGatewaysName) {
    for (const auto policy : {config::Unprotected::proxy, config::Unprotected::drop}) {
        config.unprotected = policy;
        start();
        tick_for(nanoseconds_per_second);
        forget_sent();
        const Octets prefix = prefix_option(address("2001:db8:a::"), 1800);
        for (const Ipv6Address& to : {all_nodes, outside_link_local()}) {
            const MacAddress mac_to =
                to.is_multicast() ? to.multicast_mac() : TestGateway::external_mac;
            site->receive(Side::external,
                          frame(mac_to, router_mac(),
                                icmp6(134)
                                    .from(router_address())
                                    .to(to)
                                    .hop_limit(255)
                                    .payload(router_body(
                                        0, 1800, link_layer_option(1, router_mac()) + prefix))));
            constexpr std::uint8_t proxied = 4; // RFC 4389
            expect_sent(
                Side::internal,
                {frame(all_nodes.multicast_mac(), TestGateway::internal_mac,
                       icmp6(134)
                           .from(router_address())
                           .to(all_nodes)
                           .hop_limit(255)
                           .payload(router_body(proxied, 1800,
                                                link_layer_option(1, TestGateway::internal_mac)
                                                    + prefix + mtu_option(1484))))});
        }
    }
}

TEST_F(Routers, AHostsSolicitationStaysInsideAndTheGatewayAsks) {
    config.external.router_advertisements = config::Advertisements::ignore;
    start();
    tick_for(nanoseconds_per_second);
    forget_sent();
    site->receive(Side::internal,
                  frame(all_routers.multicast_mac(), alice().mac,
                        icmp6(133)
                            .from(address("fe80::a"))
                            .to(all_routers)
                            .hop_limit(255)
                            .payload(Octets(4) + link_layer_option(1, alice().mac))));
    expect({}, {}, {{"internal router_solicited", 1}});
    tick_for(2 * nanoseconds_per_second);
    EXPECT_TRUE(contains(groundwork(Side::external), own_solicitation()));
}

TEST_F(Routers, AreLearnedAndLost) {
    config.external.neighbors.push_back({second_router, second_mac});
    start();
    from_host(to_bob(udp6()));
    expect_dropped(Side::internal, Reason::next_hop_unreachable);
    advertise(router_address(), router_mac(), 30);
    expect_next_hop(router_mac());
    advertise(second_router, second_mac, 1800);
    expect_next_hop(router_mac()); // equal ones change nothing
    advertise(router_address(), router_mac(), 0);
    expect_next_hop(second_mac);
    advertise(router_address(), router_mac(), 30, {});
    advertise(second_router, second_mac, 0);
    expect_next_hop(router_mac());
    pass_seconds(31);
    site->tick();
    forget_sent();
    from_host(to_bob(udp6()));
    expect_dropped(Side::internal, Reason::next_hop_unreachable);
}

TEST_F(Routers, AreAnsweredForInsideAsLongAsTheyAdvertise) {
    start();
    expect_not_answered_inside(router_address());
    advertise(router_address(), router_mac(), 30);
    expect_answered_inside(router_address());
    advertise(router_address(), router_mac(), 0);
    expect_not_answered_inside(router_address());
}

// The address may be a host's: who says that it is a router's has to be seen outside.
TEST_F(Routers, AreAnsweredForInsideOnceTheyAnswer) {
    start();
    advertise(second_router, second_mac, 1800);
    expect_not_answered_inside(second_router);
    answer(second_router, second_mac);
    expect_answered_inside(second_router);
}

TEST_F(Routers, AnAdvertisementInTheGatewaysOwnNameIsForged) {
    start();
    for (const Ipv6Address& own : {inside_link_local(), outside_link_local()}) {
        forget_sent();
        site->receive(Side::external,
                      frame(all_nodes.multicast_mac(), stranger_mac(),
                            icmp6(134).from(own).to(all_nodes).hop_limit(255).payload(
                                router_body(0, 1800, link_layer_option(1, stranger_mac())))));
        expect_dropped(Side::external, Reason::discovery_unhandled);
        tick_for(nanoseconds_per_second);
        EXPECT_TRUE(site->take_sent(Side::external).empty()) << "nobody is asked for";
    }
}

TEST_F(Routers, AnAdvertisedMacIsSentToAtOnceAndGivenUpUnlessItAnswers) {
    start();
    advertise(second_router, second_mac, 1800);
    expect_next_hop(second_mac);
    pass_seconds(1);
    expect_next_hop(second_mac);
    for (int i = 0; i < 4; ++i) {
        pass_seconds(1);
    }
    expect_no_next_hop();
    answer(second_router, second_mac);
    expect_next_hop(second_mac);
}

TEST_F(Routers, OneThatAnswersAsAHostIsNoneAnyMore) {
    start();
    advertise(second_router, second_mac, 1800);
    answer(second_router, second_mac);
    expect_next_hop(second_mac);
    answer(second_router, second_mac, solicited | overrides);
    expect_no_next_hop();
    expect_not_answered_inside(second_router);
}

TEST_F(Routers, WhatAStrangerSaysOfPrefixesAndTheMtuIsNotBelieved) {
    start();
    advertise(second_router, second_mac, 1800);
    answer(second_router, second_mac);
    const Octets lies = prefix_option(address("2001:db8:b::"), 7200) + mtu_option(1280);
    advertise(address("fe80::bad"), stranger_mac(), 0, lies);
    advertise(address("fe80::bad"), stranger_mac(), 1800, lies);
    expect_next_hop(second_mac);
    pass_seconds(1);
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1500U);
    // Its first answer makes it a router like others.
    answer(address("fe80::bad"), stranger_mac());
    pass_seconds(1);
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1280U);
}

TEST_F(Routers, APrefixOnLinkIsReachedWithoutThemAndThroughThemAgain) {
    start();
    advertise(router_address(), router_mac(), 1800);
    expect_next_hop(router_mac());
    advertise(router_address(), router_mac(), 1800, prefix_option(address("2001:db8:b::"), 7200));
    forget_sent();
    site->receive(Side::external,
                  frame(TestGateway::external_mac, second_mac,
                        advertisement(out().destination, outside_link_local(), out().destination,
                                      solicited | overrides, link_layer_option(2, second_mac))));
    site->settle();
    site->tick();
    expect_next_hop(second_mac);
    advertise(router_address(), router_mac(), 1800, prefix_option(address("2001:db8:b::"), 0));
    expect_next_hop(router_mac());
}

TEST_F(Routers, AreNotLearnedWhereTheyAreIgnored) {
    config.external.router_advertisements = config::Advertisements::ignore;
    start();
    advertise(router_address(), router_mac(), 1800, prefix_option(address("2001:db8:b::"), 7200));
    forget_sent();
    from_host(to_bob(udp6()));
    expect_dropped(Side::internal, Reason::next_hop_unreachable);
}

TEST_F(Routers, TheirMtuIsTheLinks) {
    start();
    const auto path_mtu = [&] {
        pass_seconds(1);
        site->settle();
        return site->statistics().streams[0].path_mtu;
    };
    advertise(router_address(), router_mac(), 1800, mtu_option(1400));
    EXPECT_EQ(path_mtu(), 1400U);
    advertise(router_address(), router_mac(), 1800, mtu_option(9000)); // none of this link's
    EXPECT_EQ(path_mtu(), 1400U);
    advertise(router_address(), router_mac(), 1800, mtu_option(1500));
    EXPECT_EQ(path_mtu(), 1500U);
    advertise(router_address(), router_mac(), 1800, mtu_option(1280));
    EXPECT_EQ(path_mtu(), 1280U);
}

// With all that a stranger could wish for: preferred, near, with a MAC, first; but no answers.
TEST_F(Routers, AFloodOfAdvertisementsCostsStrangersAlone) {
    start();
    const auto flood = [&](unsigned from, unsigned count) {
        for (unsigned i = from; i < from + count; ++i) {
            Ipv6Address stranger = address("fe80::dead:0");
            stranger.bytes[15] = static_cast<std::uint8_t>(i);
            constexpr std::uint8_t high = 8;
            site->receive(Side::external,
                          frame(all_nodes.multicast_mac(), stranger_mac(),
                                icmp6(134).from(stranger).to(all_nodes).hop_limit(255).payload(
                                    router_body(high, 65535,
                                                link_layer_option(1, stranger_mac())
                                                    + prefix_option(out().destination, 7200)))));
            site->settle();
            pass(nanoseconds_per_second / 50);
            site->take_sent(Side::internal);
        }
    };
    flood(0, 30);
    advertise(second_router, second_mac, 1800);
    answer(second_router, second_mac);
    expect_next_hop(second_mac);
    flood(30, 200);
    expect_next_hop(second_mac);
}

// Neither S nor a MAC: they change nothing.
TEST_F(Routers, AFloodOfAnswersThatSayNothingLosesNoneThatDoes) {
    start();
    advertise(second_router, second_mac, 1800);
    for (unsigned i = 0; i < 3; ++i) {
        pass_seconds(1);
    }
    forget_sent();
    const Octets nothing =
        frame(TestGateway::external_mac, stranger_mac(),
              advertisement(second_router, outside_link_local(), second_router, router_flag));
    for (std::size_t i = 0; i < 2 * dataplane::event_queue_size; ++i) {
        site->receive(Side::external, nothing);
        if (i % 256 == 0) {
            site->settle();
        }
    }
    answer(second_router, second_mac);
    tick_for(nanoseconds_per_second / 5);
    const ReasonCounts reasons = site->take_reasons();
    EXPECT_EQ(reasons.at("external event_queue_full"), 3 * dataplane::event_queue_size / 2);
    pass_seconds(3);
    expect_next_hop(second_mac);
}

// RFC 4861, 6.1.1.
TEST_F(Routers, ASolicitationThatBreaksTheRulesIsNotHeard) {
    config.external.router_advertisements = config::Advertisements::ignore;
    start();
    const Octets option = link_layer_option(1, alice().mac);
    const auto from_host = [](const Packet& packet, const Octets& body) {
        return frame(all_routers.multicast_mac(), alice().mac,
                     Packet(packet).to(all_routers).hop_limit(255).payload(body));
    };
    const Packet good = icmp6(133).from(address("fe80::a"));
    for (const Octets& bad :
         {from_host(icmp6(133, 7).from(address("fe80::a")), Octets(4) + option),
          from_host(good, Octets(4) + Octets{1, 0, 2, 0, 0, 0, 0, 9}), from_host(good, Octets(3)),
          from_host(icmp6(133).from({}), Octets(4) + option)}) {
        forget_sent();
        site->receive(Side::internal, bad);
        expect_dropped(Side::internal, Reason::discovery_malformed);
        tick_for(2 * nanoseconds_per_second);
        EXPECT_FALSE(contains(groundwork(Side::external), own_solicitation()));
    }
}

} // namespace
} // namespace mt6d::test
