// SPDX-License-Identifier: BSD-3-Clause
// What the gateway does unasked on its two links (docs/protocol.md, sections 7.2 to 7.5): groups,
// announcements, routers; and what a link that comes back makes it do again.
#include "gateway_fixture.hpp"

#include <rte_ethdev.h>

#include <algorithm>

namespace mt6d::test {
namespace {

constexpr std::uint32_t overrides = 0x20000000;
constexpr std::uint32_t solicited = 0x40000000;
constexpr std::size_t ethernet = 14;
constexpr std::size_t ipv6 = 40;
constexpr std::uint8_t to_exclude = 4; // version 2 records
constexpr std::uint8_t to_include = 3;

const Ipv6Address second_router = address("fe80::2");
const MacAddress second_mac = mac("02:00:00:00:00:fd");

Octets mtu_option(std::uint32_t mtu) {
    Octets option{5, 1, 0, 0};
    append(option, mtu, 4);
    return option;
}
Octets prefix_option(const Ipv6Address& prefix, std::uint32_t valid) {
    Octets option{3, 4, 64, 0x80};
    append(option, valid, 4);
    append(option, valid, 4);
    append(option, 0, 4);
    return option + octets(prefix);
}
// As in RFC 4861, 4.2.
Octets router_body(std::uint8_t flags, std::uint16_t lifetime, const Octets& options) {
    Octets body{64, flags};
    append(body, lifetime, 2);
    append(body, 0, 8);
    return body + options;
}

// Records of the version 2 reports among these frames: type and group.
std::vector<std::pair<std::uint8_t, Ipv6Address>> records(const std::vector<Octets>& frames) {
    std::vector<std::pair<std::uint8_t, Ipv6Address>> found;
    constexpr std::size_t report = ethernet + ipv6 + 8;
    for (const Octets& frame : frames) {
        if (frame.size() < report + 8 || frame[20] != 0 || frame[report] != 143) {
            continue;
        }
        for (std::size_t at = report + 8; at + 20 <= frame.size(); at += 20) {
            Ipv6Address group;
            std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 4, 16,
                        group.bytes.begin());
            found.emplace_back(frame[at], group);
        }
    }
    return found;
}
bool reported(const std::vector<Octets>& frames, std::uint8_t type, const Ipv6Address& address) {
    const auto all = records(frames);
    return std::find(all.begin(), all.end(), std::pair(type, address.solicited_node_group()))
           != all.end();
}
bool contains(const std::vector<Octets>& frames, const Octets& frame) {
    return std::find(frames.begin(), frames.end(), frame) != frames.end();
}

class NeighborhoodTest : public GatewayTest {
protected:
    std::vector<Octets> groundwork(Side side) {
        site->settle();
        return site->take_groundwork(side);
    }
    void tick_for(std::int64_t nanoseconds) {
        for (int i = 0; i < 20; ++i) {
            pass(nanoseconds / 20);
        }
    }
    static Octets announcement(const Ipv6Address& hashed) {
        return frame(mac("33:33:00:00:00:02"), TestGateway::external_mac,
                     advertisement(hashed, all_routers, hashed, overrides,
                                   link_layer_option(2, TestGateway::external_mac)));
    }
    static Octets introduction(const Ipv6Address& hashed) {
        return frame(router_mac(), TestGateway::external_mac,
                     solicitation(hashed, router_address(), router_address(),
                                  link_layer_option(1, TestGateway::external_mac)));
    }
    void advertise(const Ipv6Address& router, const MacAddress& from, std::uint16_t lifetime,
                   const Octets& options = {}, const Ipv6Address& to = all_nodes) {
        const MacAddress destination =
            to.is_multicast() ? to.multicast_mac() : TestGateway::external_mac;
        site->receive(Side::external,
                      frame(destination, from,
                            icmp6(134).from(router).to(to).hop_limit(255).payload(
                                router_body(0, lifetime, link_layer_option(1, from) + options))));
        site->settle();
        tick_for(nanoseconds_per_second / 10);
        site->settle();
    }
    void forget_sent() {
        site->settle();
        for (const Side side : dataplane::sides) {
            site->take_sent(side);
            site->take_groundwork(side);
        }
        site->take_reasons();
    }
    static Octets query(const Ipv6Address& source) {
        return icmp6(130)
            .from(source)
            .to(all_nodes)
            .hop_limit(1)
            .extension(protocol::hop_by_hop, {0, 0, 5, 2, 0, 0, 1, 0})
            .payload(Octets{0, 100, 0, 0} + Octets(16) + Octets{2, 125, 0, 0}); // within 100 ms
    }
};

// --- groups (7.3) -----------------------------------------------------------------------------

TEST_F(NeighborhoodTest, GroupsOfAllAddressesAnsweredForAreReportedOnTheirSide) {
    start();
    site->tick();
    const auto inside = groundwork(Side::internal);
    EXPECT_TRUE(reported(inside, to_exclude, bob().address));
    EXPECT_TRUE(reported(inside, to_exclude, router_address()));
    EXPECT_TRUE(reported(inside, to_exclude, inside_link_local()));
    EXPECT_EQ(records(inside).size(), 3U);
    const auto outside = groundwork(Side::external);
    EXPECT_TRUE(reported(outside, to_exclude, alice().address));
    EXPECT_TRUE(reported(outside, to_exclude, outside_link_local()));
    for (Salt at = salt() - 2; at <= salt() + 1; ++at) {
        EXPECT_TRUE(reported(outside, to_exclude, outgoing(stream(), at).source)) << at;
    }
    // One packet for all of them.
    EXPECT_EQ(std::count_if(outside.begin(), outside.end(),
                            [](const Octets& each) { return each[20] == 0; }),
              1);
}

TEST_F(NeighborhoodTest, AGroupIsReportedBeforeItsAddressIsUsedAndLeftAfterItsEnd) {
    start();
    forget_sent();
    const Salt first = salt();
    const Ipv6Address old = outgoing(stream(), first).source;
    const Ipv6Address next = outgoing(stream(), first + 3).source;
    std::optional<Salt> joined; // the salt that was active when it was seen
    std::optional<Salt> left;
    for (int i = 0; i < 100 && !left; ++i) {
        pass(nanoseconds_per_second / 2);
        const auto seen = groundwork(Side::external);
        if (!joined && reported(seen, to_exclude, next)) {
            joined = salt();
        }
        if (reported(seen, to_include, old)) {
            left = salt();
        }
    }
    ASSERT_TRUE(joined);
    EXPECT_EQ(*joined, first + 1) << "prepared: neither sent with nor live";
    ASSERT_TRUE(left);
    EXPECT_EQ(*left, first + 3) << "over: live while two more were active";
}

TEST_F(NeighborhoodTest, AQueryIsAnsweredOnTheSideItCameFrom) {
    start();
    tick_for(4 * nanoseconds_per_second); // reports unasked are over
    for (const Side side : dataplane::sides) {
        forget_sent();
        const bool internal = side == Side::internal;
        site->receive(side,
                      frame(all_nodes.multicast_mac(), stranger_mac(), query(address("fe80::77"))));
        expect({}, {}, {{reason_name(side, Reason::listener_query), 1}});
        tick_for(nanoseconds_per_second / 5);
        const auto answers = groundwork(side);
        EXPECT_TRUE(std::any_of(answers.begin(), answers.end(), [](const Octets& each) {
            return each[20] == 0;
        })) << "a report";
        const auto all = records(answers);
        const Ipv6Address known = internal ? bob().address : alice().address;
        EXPECT_NE(std::find(all.begin(), all.end(),
                            std::pair(std::uint8_t{2}, known.solicited_node_group())),
                  all.end());
        EXPECT_TRUE(groundwork(dataplane::other(side)).empty());
    }
}

// --- announcements (7.2) ----------------------------------------------------------------------

TEST_F(NeighborhoodTest, ANewHashedAddressIsAnnouncedToRoutersOnce) {
    start();
    forget_sent();
    const Ipv6Address next = outgoing(stream(), salt() + 3).source;
    pass_seconds(5); // the boundary
    tick_for(8 * nanoseconds_per_second);
    const auto seen = groundwork(Side::external);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), announcement(next)), 1);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), introduction(next)), 1);
}

TEST_F(NeighborhoodTest, NothingIsSaidOfAPrefixThatIsRoutedToTheGateway) {
    const auto prefix = *Ipv6Prefix::parse("2001:db8:a:ff::/64");
    config.streams[0].local.hashed_prefix = prefix;
    config.unprotected = config::Unprotected::proxy;
    start();
    site->tick();
    const auto outside = groundwork(Side::external);
    EXPECT_EQ(records(outside).size(), 2U); // alice's true address, and the gateway's own
    for (const Octets& each : outside) {
        EXPECT_EQ(each[20], 0) << "no announcement";
    }
    const Octets inner = to_alice(udp6()).payload(3);
    from_network(tunnel(in(), inner));
    expect_delivered(inner);
    from_network(udp6().from(address("2001:db8:99::1")).to(in().destination).payload(3));
    expect_dropped(Side::external, Reason::unprotected); // never looked for inside
}

// --- routers (7.4, 7.5) -----------------------------------------------------------------------

class Routers : public NeighborhoodTest {
protected:
    Routers() {
        config.external.router_advertisements = config::Advertisements::learn;
        config.external.default_router.reset();
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
    EXPECT_TRUE(
        contains(groundwork(Side::external),
                 frame(all_routers.multicast_mac(), TestGateway::external_mac,
                       icmp6(133)
                           .from(outside_link_local())
                           .to(all_routers)
                           .hop_limit(255)
                           .payload(Octets(4) + link_layer_option(1, TestGateway::external_mac)))));
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
    const Ipv6Address group = router_address().solicited_node_group();
    const Octets question = frame(group.multicast_mac(), alice().mac,
                                  solicitation(address("fe80::a"), group, router_address(),
                                               link_layer_option(1, alice().mac)));
    forget_sent();
    site->receive(Side::internal, question);
    expect_dropped(Side::internal, Reason::discovery_not_ours);
    advertise(router_address(), router_mac(), 30);
    forget_sent();
    site->receive(Side::internal, question);
    constexpr std::uint32_t router_flag = 0x80000000;
    expect({frame(alice().mac, TestGateway::internal_mac,
                  advertisement(router_address(), address("fe80::a"), router_address(),
                                router_flag | solicited | overrides,
                                link_layer_option(2, TestGateway::internal_mac)))},
           {}, {{"internal discovery_answered", 1}});
    advertise(router_address(), router_mac(), 0);
    forget_sent();
    site->receive(Side::internal, question);
    expect_dropped(Side::internal, Reason::discovery_not_ours);
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

TEST_F(Routers, AFloodOfAdvertisementsCostsStrangersAlone) {
    config.external.default_router = router_address();
    start();
    forget_sent();
    for (unsigned i = 0; i < 200; ++i) {
        Ipv6Address stranger = address("fe80::dead:0");
        stranger.bytes[15] = static_cast<std::uint8_t>(i);
        Ipv6Address prefix = address("2001:db8:dead::");
        prefix.bytes[7] = static_cast<std::uint8_t>(i);
        advertise(stranger, stranger_mac(), 1800, prefix_option(prefix, 7200));
        site->take_sent(Side::internal);
    }
    expect_next_hop(router_mac());
}

// --- links ------------------------------------------------------------------------------------

TEST_F(NeighborhoodTest, ALinkThatComesBackHearsItAllAgain) {
    start();
    tick_for(4 * nanoseconds_per_second);
    forget_sent();
    const std::uint16_t port = site->port_id(Side::external);
    ASSERT_EQ(rte_eth_dev_set_link_down(port), 0);
    tick_for(nanoseconds_per_second / 2);
    EXPECT_TRUE(groundwork(Side::external).empty());
    ASSERT_EQ(rte_eth_dev_set_link_up(port), 0);
    tick_for(2 * nanoseconds_per_second);
    const auto again = groundwork(Side::external);
    EXPECT_TRUE(reported(again, to_exclude, alice().address));
    EXPECT_TRUE(reported(again, to_exclude, out().source));
    EXPECT_TRUE(contains(again, announcement(out().source)));
    EXPECT_TRUE(contains(again, introduction(out().source)));
}

} // namespace
} // namespace mt6d::test
