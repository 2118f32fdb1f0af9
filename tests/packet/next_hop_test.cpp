// SPDX-License-Identifier: BSD-3-Clause
// Where tunnel packets are sent, and what happens until that is known (docs/protocol.md,
// section 7.4; RFC 4861, section 7.2).
#include "gateway_fixture.hpp"

#include <algorithm>

namespace mt6d::test {
namespace {

constexpr std::uint32_t solicited = 0x40000000;
constexpr std::uint32_t overrides = 0x20000000;

class NextHop : public GatewayTest {
protected:
    NextHop() { config.external.neighbors.clear(); }

    // As the gateway asks for `target`.
    [[nodiscard]] static Octets question(const Ipv6Address& target) {
        const Ipv6Address group = target.solicited_node_group();
        return frame(group.multicast_mac(), TestGateway::external_mac,
                     solicitation(outside_link_local(), group, target,
                                  link_layer_option(1, TestGateway::external_mac)));
    }
    [[nodiscard]] static Octets probe(const Ipv6Address& target, const MacAddress& mac) {
        return frame(mac, TestGateway::external_mac,
                     solicitation(outside_link_local(), target, target,
                                  link_layer_option(1, TestGateway::external_mac)));
    }
    // Someone says: that address is at this MAC. The gateway hears it.
    void tell(const Ipv6Address& target, const MacAddress& mac,
              std::uint32_t flags = solicited | overrides) {
        site->receive(Side::external, frame(TestGateway::external_mac, mac,
                                            advertisement(target, outside_link_local(), target,
                                                          flags, link_layer_option(2, mac))));
    }
    [[nodiscard]] Octets tunnelled_to(const MacAddress& mac, const Octets& inner) const {
        return frame(mac, TestGateway::external_mac, tunnel(out(), inner));
    }
    [[nodiscard]] Octets numbered(std::uint8_t number) const {
        return to_bob(udp6()).payload(Octets(10, number));
    }
    void expect_outside(const std::vector<Octets>& frames) { expect({}, frames, {}); }
};

const ReasonCounts heard{{"external discovery_heard", 1}};

TEST_F(NextHop, TheRouterIsAskedForAtOnceAndThreePacketsWaitInOrder) {
    start();
    site->await_sent(Side::external, 1);
    expect_outside({question(router_address())});
    for (std::uint8_t i = 1; i <= 3; ++i) {
        from_host(numbered(i));
    }
    expect({}, {}, {}, 3);
    from_host(numbered(4));
    expect({}, {}, {{"internal next_hop_unresolved", 1}}, 3);
    tell(router_address(), router_mac());
    expect({}, {}, heard, 3);
    site->tick();
    expect_outside({outside_frame(tunnel(out(), numbered(1))),
                    outside_frame(tunnel(out(), numbered(2))),
                    outside_frame(tunnel(out(), numbered(3)))});
    from_host(numbered(5));
    expect_tunnelled(numbered(5));
}

TEST_F(NextHop, ARouterThatNeverAnswersIsGivenUpAndAskedAgain) {
    start();
    site->await_sent(Side::external, 1);
    expect_outside({question(router_address())});
    from_host(numbered(1));
    expect({}, {}, {}, 1);
    for (int i = 0; i < 2; ++i) { // three in all (RFC 4861, section 10)
        pass_seconds(1);
        site->await_sent(Side::external, 1);
        expect({}, {question(router_address())}, {}, 1);
    }
    pass_seconds(1);
    site->await_sent(Side::external, 1);
    expect({}, {question(router_address())}, {{"internal next_hop_unreachable", 1}});
    from_host(numbered(2));
    expect_dropped(Side::internal, Reason::next_hop_unreachable);
    tell(router_address(), router_mac()); // it is back
    expect({}, {}, heard);
    site->tick();
    from_host(numbered(3));
    expect_tunnelled(numbered(3));
}

TEST_F(NextHop, ARouterWithAnotherMacIsFollowedWithTheNextPacket) {
    start();
    site->await_sent(Side::external, 1);
    site->take_sent(Side::external);
    tell(router_address(), router_mac());
    expect({}, {}, heard);
    site->tick();
    from_host(numbered(1));
    expect_tunnelled(numbered(1));
    tell(router_address(), stranger_mac(), 0); // without O: not believed
    expect({}, {}, heard);
    site->tick();
    from_host(numbered(2));
    expect_tunnelled(numbered(2));
    tell(router_address(), stranger_mac(), overrides);
    expect({}, {}, heard);
    site->tick();
    from_host(numbered(3));
    expect_outside({tunnelled_to(stranger_mac(), numbered(3))});
}

// RFC 4861, 7.2.3: who asks for nobody here is not heard, who asks for alice says where he is.
TEST_F(NextHop, AQuestionThatIsNotForTheGatewayChangesNothing) {
    start();
    site->await_sent(Side::external, 1);
    tell(router_address(), router_mac());
    site->settle();
    site->tick();
    site->take_sent(Side::external);
    site->take_reasons();
    const auto ask = [&](const Ipv6Address& target) {
        const Ipv6Address group = target.solicited_node_group();
        site->receive(Side::external, frame(group.multicast_mac(), stranger_mac(),
                                            solicitation(router_address(), group, target,
                                                         link_layer_option(1, stranger_mac()))));
        site->settle();
        site->tick();
        site->settle();
        site->take_sent(Side::external); // the answer
        site->take_reasons();
    };
    ask(address("2001:db8:99::1"));
    from_host(numbered(1));
    expect_tunnelled(numbered(1));
    ask(alice().address);
    from_host(numbered(2));
    expect_outside({tunnelled_to(stranger_mac(), numbered(2))});
}

TEST_F(NextHop, ANeighborInUseIsProbedBeforeItIsBelievedGone) {
    start();
    site->await_sent(Side::external, 1);
    tell(router_address(), router_mac(), overrides); // unsolicited: stale
    site->settle();
    site->tick();
    site->take_sent(Side::external);
    site->take_reasons();
    from_host(numbered(1));
    expect_tunnelled(numbered(1));
    pass(200'000'000); // control sees that it was used
    pass_seconds(5);   // DELAY_FIRST_PROBE_TIME
    site->await_sent(Side::external, 1);
    expect_outside({probe(router_address(), router_mac())});
    tell(router_address(), router_mac());
    expect({}, {}, heard);
    pass_seconds(10);
    from_host(numbered(2));
    expect_tunnelled(numbered(2));
}

TEST_F(NextHop, AnAdvertisementNobodyAskedForCreatesNothing) {
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:b::/64")};
    start();
    site->await_sent(Side::external, 4); // the router, and three routes' destinations
    site->settle();
    site->take_sent(Side::external);
    const Ipv6Address future = outgoing(stream(), salt() + 3).destination;
    tell(future, stranger_mac(), overrides);
    expect_dropped(Side::external, Reason::discovery_unsolicited);
    tell(bob().address, stranger_mac(), overrides);
    expect_dropped(Side::external, Reason::discovery_unsolicited);
}

TEST_F(NextHop, OnLinkDestinationsAreAskedForThemselvesEachRouteItsOwn) {
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:b::/64")};
    config.external.default_router.reset();
    start();
    site->await_sent(Side::external, 3);
    site->settle();
    std::vector<Octets> wanted; // of those that will be sent with, and no others
    for (Salt at = salt(); at <= salt() + 2; ++at) {
        wanted.push_back(question(outgoing(stream(), at).destination));
    }
    EXPECT_EQ(site->take_sent(Side::external), wanted);
    tell(out().destination, stranger_mac());
    expect({}, {}, heard);
    site->tick();
    from_host(numbered(1));
    expect_outside({tunnelled_to(stranger_mac(), numbered(1))});
}

TEST_F(NextHop, APeerThatAnswersLateIsSentToAtItsPreviousMac) {
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:b::/64")};
    config.external.default_router.reset();
    start();
    for (Salt at = salt(); at <= salt() + 2; ++at) {
        tell(outgoing(stream(), at).destination, stranger_mac());
    }
    site->settle();
    site->tick();
    for (int second = 1; second <= 95; ++second) { // nine rotations without an answer
        pass_seconds(1);
        from_host(numbered(static_cast<std::uint8_t>(second)));
        site->settle();
    }
    const ReasonCounts reasons = site->take_reasons();
    EXPECT_EQ(reasons, (ReasonCounts{{"external discovery_heard", 3}}));
    const std::vector<Octets> sent = site->take_sent(Side::external);
    const auto to_peer = std::count_if(sent.begin(), sent.end(), [](const Octets& f) {
        return slice(f, 0, 6) == octets(stranger_mac()) && f.at(20) == protocol::udp;
    });
    EXPECT_EQ(to_peer, 95);
}

TEST_F(NextHop, AStreamWithoutARouterReceivesAndDoesNotSend) {
    config.external.default_router.reset();
    start();
    from_host(numbered(1));
    expect_dropped(Side::internal, Reason::next_hop_unreachable);
    from_network(tunnel(in(), to_alice(udp6())));
    expect_delivered(to_alice(udp6()));
}

TEST_F(NextHop, AConfiguredNeighborIsNeitherAskedForNorChanged) {
    config = one_stream();
    start();
    tell(router_address(), stranger_mac(), overrides);
    expect({}, {}, heard);
    pass_seconds(1);
    from_host(numbered(1));
    expect_tunnelled(numbered(1));
}

} // namespace
} // namespace mt6d::test
