// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery between the two sides under `unprotected: proxy` (docs/protocol.md, section
// 10; RFC 4389), and what hosts never hear of (8.3), byte for byte.
#include "proxy_fixture.hpp"

namespace mt6d::test {
namespace {

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

// By its IPv6 destination, that is, whatever the message is about.
TEST_F(Proxy, DiscoveryMessagesToHashedAddressesAreNotSentOn) {
    config.external.routed = {*Ipv6Prefix::parse("2001:db8:f::/64")};
    start();
    site->take_sent(Side::external);
    for (const Ipv6Address& hashed :
         {in().destination, in().source, address("2001:db8:f::5"), outside_link_local()}) {
        SCOPED_TRACE(hashed.text());
        outside(solicitation(carol, hashed, temporary, link_layer_option(1, carol_mac)));
        expect_dropped(Side::external, Reason::discovery_not_ours);
        outside(advertisement(carol, hashed, carol, solicited, link_layer_option(2, carol_mac)));
        expect_dropped(Side::external, Reason::discovery_unsolicited);
        outside(redirect(hashed, far_away, address("fe80::2"), carol_mac));
        expect_dropped(Side::external, Reason::discovery_unhandled);
    }
}

TEST_F(Proxy, DiscoveryMessagesThatNameHashedAddressesAreNotSentOn) {
    config.external.routed = {*Ipv6Prefix::parse("2001:db8:f::/64")};
    start();
    for (const Ipv6Address& hashed : {in().destination, in().source, address("2001:db8:f::5")}) {
        SCOPED_TRACE(hashed.text());
        const Ipv6Address to = temporary.solicited_node_group();
        outside(solicitation(hashed, to, temporary, link_layer_option(1, carol_mac)),
                to.multicast_mac());
        expect_dropped(Side::external, Reason::discovery_not_ours);
        outside(solicitation(carol, temporary, hashed, link_layer_option(1, carol_mac)));
        site->settle();
        EXPECT_TRUE(site->take_sent(Side::internal).empty());
        site->take_sent(Side::external);
        site->take_reasons();
        outside(redirect(temporary, hashed, address("fe80::2"), carol_mac));
        expect_dropped(Side::external, Reason::discovery_unhandled);
        outside(redirect(temporary, hashed, hashed, carol_mac)); // it is a neighbour
        expect_dropped(Side::external, Reason::discovery_unhandled);
    }
}

// Nobody lists each hashed address of a prefix that is routed to the peer.
TEST_F(Proxy, AddressesInAPrefixOfThePeersHashedOnesAreNotSpokenOfInside) {
    config.streams[0].remote.hashed_prefix = *Ipv6Prefix::parse("2001:db8:ee::/64");
    start();
    Neighborhood& known = site->gateway().neighborhood();
    EXPECT_FALSE(known.answers(Side::internal).contains(out().destination));
    for (const Ipv6Address& hashed : {out().destination, address("2001:db8:ee::5")}) {
        SCOPED_TRACE(hashed.text());
        const Ipv6Address to = temporary.solicited_node_group();
        outside(solicitation(hashed, to, temporary, link_layer_option(1, carol_mac)),
                to.multicast_mac());
        expect_dropped(Side::external, Reason::discovery_not_ours);
        outside(redirect(temporary, hashed, address("fe80::2"), carol_mac));
        expect_dropped(Side::external, Reason::discovery_unhandled);
    }
    pass_seconds(10);
    from_host(to_bob(udp6()).payload(4));
    expect_tunnelled(to_bob(udp6()).payload(4));
}

// A host that lives there is a host.
TEST_F(Proxy, AddressesInAPrefixWhereTrueHostsLiveAreListedOneByOne) {
    config.streams[0].remote.hashed_prefix = *Ipv6Prefix::parse("2001:db8:b::/64");
    start();
    Neighborhood& known = site->gateway().neighborhood();
    EXPECT_TRUE(known.answers(Side::internal).contains(out().destination));
    EXPECT_FALSE(known.is_routed_beyond(address("2001:db8:b::77")));
}

TEST_F(Proxy, RedirectsReachTheHostWithTheGatewaysMac) {
    start();
    introduce_alice();
    const auto redirect = [](const MacAddress& mac) {
        return Proxy::redirect(temporary, far_away, address("fe80::2"), mac);
    };
    outside(redirect(stranger_mac()));
    expect_sent(Side::internal, {leaves_inside(redirect(TestGateway::internal_mac), alice().mac)});
    inside(redirect(stranger_mac()));
    expect_dropped(Side::internal, Reason::discovery_unhandled);
}

// --- what has no route yet, or none any more -----------------------------------------------------

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

// What is said of the peer's hashed addresses goes no further, whatever it is about.
class PeersAddresses : public Proxy {
protected:
    // Those that live, the prepared one, and two to come.
    void expect_hidden() {
        site->settle();
        site->take_sent(Side::internal);
        site->take_sent(Side::external);
        site->take_reasons();
        for (Salt at = salt() - 2; at <= salt() + 4; ++at) {
            SCOPED_TRACE(at);
            const Ipv6Address hashed = outgoing(stream(), at).destination;
            const Ipv6Address to = hashed.solicited_node_group();
            outside(solicitation(carol, to, hashed, link_layer_option(1, carol_mac)),
                    to.multicast_mac());
            outside(advertisement(hashed, all_routers, hashed, overrides,
                                  link_layer_option(2, carol_mac)),
                    all_routers.multicast_mac());
            site->settle();
            EXPECT_TRUE(site->take_sent(Side::internal).empty());
        }
    }
};

TEST_F(PeersAddresses, AreHiddenThoughTheirPrefixIsLearnedAfterTheStart) {
    config.external.router_advertisements = config::Advertisements::learn;
    start();
    const Octets prefix = Octets{3, 4, 64, 0x80, 0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0}
                          + octets(address("2001:db8:b::"));
    site->receive(Side::external,
                  frame(all_nodes.multicast_mac(), router_mac(),
                        icmp6(134)
                            .from(router_address())
                            .to(all_nodes)
                            .hop_limit(255)
                            .payload(Octets{64, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0} + prefix)));
    site->settle();
    pass(nanoseconds_per_second / 10);
    expect_hidden();
}

TEST_F(PeersAddresses, AreHiddenWhereTheLocalOnesAreRouted) {
    config.streams[0].local.hashed_prefix = *Ipv6Prefix::parse("2001:db8:f::/64");
    config.external.on_link.push_back(*Ipv6Prefix::parse("2001:db8:b::/64"));
    start();
    expect_hidden();
    pass_seconds(10);
    pass_seconds(10); // some have ended
    expect_hidden();
}

TEST_F(PeersAddresses, AreHiddenAfterTheClockWasSet) {
    config.external.on_link.push_back(*Ipv6Prefix::parse("2001:db8:b::/64"));
    start();
    for (const std::int64_t seconds : {-10, 20, -10}) {
        clock.step(seconds * nanoseconds_per_second);
        site->tick();
        site->tick();
        expect_hidden();
    }
}

TEST_F(Proxy, HashedAddressesOfThePastAreKnownHoweverManyThereAre) {
    config = many_streams(200);
    config.unprotected = config::Unprotected::proxy;
    for (config::Stream& each : config.streams) {
        each.options.rotation = 1;
        each.options.lifetime = 2;
    }
    start();
    const std::array past{out().source, out().destination};
    for (unsigned i = 0; i < 180; ++i) {
        pass(nanoseconds_per_second / 2);
        site->settle();
        site->take_sent(Side::external);
        site->take_groundwork(Side::external);
    }
    for (const Ipv6Address& hashed : past) {
        outside(solicitation(carol, hashed, hashed, link_layer_option(1, carol_mac)));
        expect_dropped(Side::external, Reason::discovery_not_ours);
    }
    for (unsigned i = 0; i < 10; ++i) {
        pass_seconds(1);
    }
    site->settle();
    site->take_sent(Side::external);
    for (const Ipv6Address& hashed : past) { // 90 s: forgotten
        const Ipv6Address to = hashed.solicited_node_group();
        outside(solicitation(carol, to, hashed), to.multicast_mac());
        expect_sent(Side::internal,
                    {leaves_inside(solicitation(carol, to, hashed), to.multicast_mac())});
    }
}

} // namespace
} // namespace mt6d::test
