// SPDX-License-Identifier: BSD-3-Clause
// What an operator has the gateway do: forwarding stopped and started, a stream disabled and
// enabled, routes prepared again.
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

class Orders : public GatewayTest {
protected:
    [[nodiscard]] Octets from_alice() const { return to_bob(udp6()).payload(20); }
    void disable(bool disabled) { site->gateway().streams().context(0).disabled = disabled; }
};

TEST_F(Orders, StoppedEveryPacketIsDroppedAndCounted) {
    start();
    site->gateway().control().stop_forwarding();
    from_host(from_alice());
    from_network(tunnel(in(), to_alice(udp6()).payload(20)));
    expect({}, {},
           {{reason_name(Side::internal, Reason::forwarding_stopped), 1},
            {reason_name(Side::external, Reason::forwarding_stopped), 1}});
}

TEST_F(Orders, StartedAgainPacketsPassOnTheRoutesOfThatMoment) {
    start();
    site->gateway().control().stop_forwarding();
    pass_seconds(10); // a rotation
    site->take_groundwork(Side::external);
    site->gateway().control().start_forwarding();
    pass_seconds(1);
    site->settle();
    site->take_reasons(); // what the gateway had to say while it was stopped
    const Octets inner = from_alice();
    from_host(inner);
    expect_tunnelled(inner);
}

TEST_F(Orders, ADisabledStreamPassesNothingEitherWay) {
    start();
    disable(true);
    from_host(from_alice());
    expect_dropped(Side::internal, Reason::stream_disabled);
    from_network(tunnel(in(), to_alice(udp6()).payload(20)));
    expect_dropped(Side::external, Reason::stream_disabled);
    const auto facts = site->gateway().control().facts(0);
    EXPECT_EQ(facts.state, StreamState::disabled);
    EXPECT_EQ(facts.last_drop[0], Reason::stream_disabled);
    EXPECT_EQ(facts.last_drop[1], Reason::stream_disabled);
}

TEST_F(Orders, AnEnabledStreamPassesBothWaysAgain) {
    start();
    disable(true);
    disable(false);
    const Octets inner = from_alice();
    from_host(inner);
    expect_tunnelled(inner);
    const Octets back = to_alice(udp6()).payload(20);
    from_network(tunnel(in(), back));
    expect_delivered(back);
}

TEST_F(Orders, PreparingAgainLosesNoRouteAndAnnouncesThem) {
    start();
    const auto before = site->gateway().streams().routes(0);
    site->take_groundwork(Side::external);
    EXPECT_TRUE(site->gateway().control().prepare_again(0));
    const auto after = site->gateway().streams().routes(0);
    ASSERT_EQ(after.size(), before.size());
    for (std::size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i].salt, before[i].salt);
        EXPECT_EQ(after[i].local, before[i].local);
    }
    pass_seconds(1);
    site->settle();
    EXPECT_FALSE(site->take_groundwork(Side::external).empty());
    const Octets inner = from_alice();
    from_host(inner);
    expect_tunnelled(inner);
}

TEST_F(Orders, RoutesAreThoseOfTheWindow) {
    start();
    const auto routes = site->gateway().streams().routes(0);
    ASSERT_EQ(routes.size(), 5U); // lifetime 30 s: two that expire, active, next, prepared
    for (std::size_t i = 0; i < routes.size(); ++i) {
        EXPECT_EQ(routes[i].salt, salt() - 2 + i);
        EXPECT_TRUE(routes[i].sent_on);
    }
}

TEST_F(Orders, BurstsAreCountedByTheirSizes) {
    start();
    from_host(from_alice());
    site->settle();
    const auto statistics = site->statistics();
    EXPECT_GE(statistics.workers[0].bursts[0], 1U);
    EXPECT_EQ(dataplane::burst_size_class(1), 0U);
    EXPECT_EQ(dataplane::burst_size_class(3), 1U);
    EXPECT_EQ(dataplane::burst_size_class(4), 2U);
    EXPECT_EQ(dataplane::burst_size_class(64), 6U);
}

} // namespace
} // namespace mt6d::test
