// SPDX-License-Identifier: BSD-3-Clause
// What the gateway does unasked on its two links (docs/protocol.md, sections 7.2 to 7.5): groups,
// announcements; and what a link that comes back makes it do again.
#include "neighborhood_fixture.hpp"

#include <rte_ethdev.h>

namespace mt6d::test {
namespace {

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

// RFC 3810, 5.1.15.
TEST_F(NeighborhoodTest, AQueryToTheGatewayItselfIsAnsweredToo) {
    for (const auto policy : {config::Unprotected::drop, config::Unprotected::proxy}) {
        config.unprotected = policy;
        start();
        tick_for(4 * nanoseconds_per_second);
        for (const Side side : dataplane::sides) {
            forget_sent();
            const bool internal = side == Side::internal;
            const Ipv6Address own = internal ? inside_link_local() : outside_link_local();
            const MacAddress to = internal ? TestGateway::internal_mac : TestGateway::external_mac;
            site->receive(side, frame(to, stranger_mac(), query(address("fe80::77")).to(own)));
            expect({}, {}, {{reason_name(side, Reason::listener_query), 1}});
            tick_for(nanoseconds_per_second / 5);
            EXPECT_FALSE(records(groundwork(side)).empty());
        }
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

TEST_F(NeighborhoodTest, ALinkThatComesBackHasItsNeighborsProbed) {
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:b::/64")};
    start();
    site->receive(Side::external,
                  frame(TestGateway::external_mac, second_mac,
                        advertisement(out().destination, outside_link_local(), out().destination,
                                      solicited | overrides, link_layer_option(2, second_mac))));
    tick_for(nanoseconds_per_second / 2);
    const std::uint16_t port = site->port_id(Side::external);
    ASSERT_EQ(rte_eth_dev_set_link_down(port), 0);
    tick_for(nanoseconds_per_second / 2);
    forget_sent();
    ASSERT_EQ(rte_eth_dev_set_link_up(port), 0);
    tick_for(nanoseconds_per_second / 2);
    site->settle();
    EXPECT_TRUE(
        contains(site->take_sent(Side::external),
                 frame(second_mac, TestGateway::external_mac,
                       solicitation(outside_link_local(), out().destination, out().destination,
                                    link_layer_option(1, TestGateway::external_mac)))));
}

} // namespace
} // namespace mt6d::test
