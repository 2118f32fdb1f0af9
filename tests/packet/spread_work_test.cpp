// SPDX-License-Identifier: BSD-3-Clause
// Work for many streams at once is spread over ticks: solicitations, routes after the clock was
// set, and routes that cannot be made.
#include "gateway_fixture.hpp"

#include <malloc.h>

#include <algorithm>
#include <set>

namespace mt6d::test {
namespace {

class SpreadWork : public GatewayTest {
protected:
    static constexpr std::size_t a_tick = NeighborTable::solicitations_a_tick;

    // What left by the external port since the last call, none of it twice.
    std::set<Octets> take_questions() {
        site->settle();
        const std::vector<Octets> sent = site->take_sent(Side::external);
        std::set<Octets> questions(sent.begin(), sent.end());
        EXPECT_EQ(questions.size(), sent.size());
        return questions;
    }
};

TEST_F(SpreadWork, EachOfManyOnLinkDestinationsIsAskedForOnceHoweverManyThereAre) {
    constexpr std::size_t streams = 600;
    constexpr std::size_t destinations = 3 * streams; // more than a ring holds
    config = many_streams(streams);
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:b::/48")};
    config.external.default_router.reset();
    config.external.neighbors.clear();
    start();
    std::set<Octets> asked = take_questions();
    EXPECT_EQ(asked.size(), a_tick);
    while (asked.size() < destinations) {
        site->tick();
        const auto more = take_questions();
        const std::size_t wanted = std::min(destinations, asked.size() + a_tick);
        asked.insert(more.begin(), more.end());
        ASSERT_EQ(asked.size(), wanted);
    }
    site->tick();
    EXPECT_TRUE(take_questions().empty()) << "nobody is asked again before a second has passed";
    pass_seconds(1);
    EXPECT_EQ(take_questions().size(), a_tick);
}

TEST_F(SpreadWork, AfterTheClockWasSetStreamsStartOverTickByTickWithoutAPause) {
    constexpr std::size_t streams = 600;
    config = many_streams(streams);
    start();
    EXPECT_GT(site->gateway().control().until_next(), 0);
    clock.step(3600 * nanoseconds_per_second);
    site->tick();
    EXPECT_EQ(site->gateway().control().until_next(), 0) << "more is owed than one tick's worth";
    from_host(to_bob(udp6(), streams - 1));
    expect_dropped(Side::internal, Reason::route_not_ready);
    for (int tick = 0; tick < 3; ++tick) {
        site->tick(); // and what of the next rotation's work is due by now
    }
    EXPECT_GT(site->gateway().control().until_next(), 0);
    for (std::size_t i = 0; i < streams; ++i) {
        from_host(to_bob(udp6(), i));
        expect_sent(Side::external, {outside_frame(tunnel(out(i), to_bob(udp6(), i)))});
    }
}

TEST_F(SpreadWork, WhatARotationNeedsIsNotPutOffByPausesHoweverManyStreamsThereAre) {
    constexpr std::size_t streams = 600;
    config = many_streams(streams);
    start();
    pass_seconds(5); // a rotation begins
    EXPECT_GT(site->gateway().control().until_next(), 0);
    pass_seconds(8); // by now all next routes are to be there
    EXPECT_EQ(site->gateway().control().until_next(), 0) << "more is due than one tick's worth";
    site->tick();
    site->tick();
    EXPECT_GT(site->gateway().control().until_next(), 0);
}

// A million streams take longer than their rotation time.
TEST_F(SpreadWork, RoutesThatBecomeDueWhileTheFirstAreMadeAreThereAtTheStart) {
    constexpr std::size_t streams = 20;
    config = many_streams(streams);
    start();
    site->gateway().stop();
    clock.pause_after_looks(3, 10 * nanoseconds_per_second);
    site->start();
    for (std::size_t i = 0; i < streams; ++i) {
        from_host(to_bob(udp6(), i));
        expect_sent(Side::external, {outside_frame(tunnel(out(i), to_bob(udp6(), i)))});
        from_network(tunnel(in(i), to_alice(udp6(), i)));
        expect_sent(Side::internal, {host_frame(to_alice(udp6(), i))});
    }
}

TEST_F(SpreadWork, StreamsWithoutARouteDoNotPileUp) {
    config = many_streams(100);
    for (config::Stream& each : config.streams) {
        each.options = {};
        each.options.rotation = 1;
        each.options.lifetime = 3;
        each.options.rekey.method = KeyMethod::off;
    }
    config.external.default_router.reset();
    start();
    const auto rotate = [&](int times) {
        for (int i = 0; i < times; ++i) {
            pass_seconds(1);
            site->settle(); // what ended is free again
            site->take_groundwork(Side::external);
        }
    };
    rotate(20);
    const std::size_t before = mallinfo2().uordblks;
    rotate(200);
    EXPECT_LE(mallinfo2().uordblks, before + 16'384);
}

} // namespace
} // namespace mt6d::test
