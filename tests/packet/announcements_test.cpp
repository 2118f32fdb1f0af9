// SPDX-License-Identifier: BSD-3-Clause
// Which hashed addresses the external link is told of, and how often (docs/protocol.md, section
// 7.2).
#include "control/announcer.hpp"
#include "gateway_fixture.hpp"

#include <rte_ethdev.h>

#include <map>

namespace mt6d::test {
namespace {

class Announcements : public GatewayTest {
protected:
    // Each has five addresses at the start: more than can wait.
    void use_many_hosts() {
        config = many_streams(2200);
        static_assert(2200 * 5 > Announcer::most_waiting);
        for (std::size_t i = 0; i < config.streams.size(); ++i) {
            config::Stream& stream = config.streams[i];
            stream.local.address.bytes[12] = static_cast<std::uint8_t>(i >> 8U);
            stream.local.address.bytes[13] = static_cast<std::uint8_t>(i);
            stream.options.rotation = 600;
            stream.options.lifetime = 1800;
        }
    }
    void pass_ticks(unsigned ticks, std::int64_t nanoseconds) {
        for (unsigned i = 0; i < ticks; ++i) {
            pass(nanoseconds);
            site->settle();
            for (const Octets& each : site->take_groundwork(Side::external)) {
                if (each[20] == protocol::icmpv6 && each[54] == 136) {
                    Ipv6Address target;
                    std::copy_n(each.begin() + 62, 16, target.bytes.begin());
                    ++announced[target];
                }
            }
            site->take_sent(Side::external);
        }
    }
    void flap() {
        const std::uint16_t port = site->port_id(Side::external);
        ASSERT_EQ(rte_eth_dev_set_link_down(port), 0);
        pass_ticks(2, nanoseconds_per_second / 10);
        ASSERT_EQ(rte_eth_dev_set_link_up(port), 0);
        announced.clear();
        pass_ticks(2, nanoseconds_per_second / 10);
    }
    std::map<Ipv6Address, unsigned> announced;
};

TEST_F(Announcements, AfterALinkIsBackAreOfWhatIsSentToAlone) {
    config.streams[0].options.lifetime = 2560;
    start();
    pass_ticks(100, nanoseconds_per_second / 100);
    flap();
    pass_ticks(20, nanoseconds_per_second / 100);
    EXPECT_EQ(announced.size(), 4U);
    for (Salt at = salt() - 1; at <= salt() + 2; ++at) {
        EXPECT_EQ(announced[outgoing(stream(), at).source], 1U) << at - salt();
    }
}

TEST_F(Announcements, OfMoreThanCanWaitAreAllMadeOnceHoweverOftenTheLinkIsLost) {
    use_many_hosts();
    start();
    pass_ticks(20, nanoseconds_per_second / 500);
    flap();
    pass_ticks(20, nanoseconds_per_second / 500);
    flap();
    pass_ticks(700, nanoseconds_per_second / 500);
    EXPECT_EQ(announced.size(), 4 * config.streams.size());
    for (const auto& [address, times] : announced) {
        EXPECT_EQ(times, 1U) << address.text();
    }
}

TEST_F(Announcements, AtTheStartAreOfAllThatIsSentToAndOfNothingTwice) {
    use_many_hosts();
    start();
    pass_ticks(800, nanoseconds_per_second / 500);
    for (std::size_t i = 0; i < config.streams.size(); ++i) {
        for (Salt at = salt() - 1; at <= salt() + 2; ++at) {
            EXPECT_EQ(announced[outgoing(stream(i), at).source], 1U);
        }
    }
}

TEST_F(Announcements, ThatWaitAreBounded) {
    const dataplane::Forwarding forwarding;
    Announcer announcer(forwarding);
    for (std::size_t i = 0; i < Announcer::most_waiting; ++i) {
        ASSERT_TRUE(announcer.add(alice().address));
    }
    EXPECT_FALSE(announcer.add(alice().address));
    announcer.clear();
    EXPECT_TRUE(announcer.idle());
}

// --- routed prefixes (7.2, 4) -----------------------------------------------------------------

TEST_F(Announcements, AreNotMadeOfAHashedPrefix) {
    config.streams[0].local.hashed_prefix = *Ipv6Prefix::parse("2001:db8:a:ff::/64");
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:a::/64")};
    start();
    pass_ticks(10, nanoseconds_per_second / 100);
    EXPECT_TRUE(announced.empty());
    const Ipv6Address group = out().source.solicited_node_group();
    site->receive(Side::external, frame(group.multicast_mac(), router_mac(),
                                        solicitation(router_address(), group, out().source)));
    expect_dropped(Side::external, Reason::discovery_not_ours);
    const Octets inner = to_alice(udp6()).payload(3);
    from_network(tunnel(in(), inner));
    expect_delivered(inner);
}

// Its neighbours look for what is in it.
TEST_F(Announcements, AreMadeOfAHashedPrefixThatIsOnLink) {
    config.streams[0].local.hashed_prefix = *Ipv6Prefix::parse("2001:db8:a:ff::/64");
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:a::/48")};
    start();
    pass_ticks(10, nanoseconds_per_second / 100);
    EXPECT_EQ(announced[out().source], 1U);
}

TEST_F(Announcements, AreMadeOfAHashedPrefixThatIsAHostsOwn) {
    config.streams[0].local.hashed_prefix = *Ipv6Prefix::parse("2001:db8:a::/64");
    start();
    pass_ticks(10, nanoseconds_per_second / 100);
    EXPECT_EQ(announced[out().source], 1U);
}

} // namespace
} // namespace mt6d::test
