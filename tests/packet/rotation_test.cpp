// SPDX-License-Identifier: BSD-3-Clause
// Addresses change in the middle of traffic (docs/protocol.md, section 3), on a clock that the test
// moves, through a running worker.
#include "gateway_fixture.hpp"

#include <rte_hash.h>

#include <malloc.h>

#include <chrono>
#include <set>
#include <thread>

namespace mt6d::test {
namespace {

constexpr std::int64_t second = nanoseconds_per_second;

class Rotation : public GatewayTest, public testing::WithParamInterface<std::uint32_t> {
protected:
    void start_rotating(std::uint32_t rotation, std::uint32_t lifetimes = 3) {
        for (config::Stream& each : config.streams) {
            each.options.rotation = rotation;
            each.options.lifetime = lifetimes * rotation;
        }
        clock.step(salt_start(salt() + 1, rotation) * second - clock.unix_ns());
        start();
    }
    void set_clock_by(std::int64_t nanoseconds) {
        clock.step(nanoseconds);
        site->tick();
    }
    void expect_traffic_both_ways() {
        const Octets inner = to_bob(udp6()).payload(13);
        from_host(inner);
        expect_tunnelled(inner);
        const Octets other = to_alice(udp6()).payload(14);
        from_network(tunnel(in(), other));
        expect_delivered(other);
    }
    [[nodiscard]] Octets from_peer_at(Salt at) const {
        return tunnel(incoming(stream(), at), to_alice(udp6()).payload(5));
    }
    void expect_accepted(Salt at) {
        from_network(from_peer_at(at));
        expect_delivered(to_alice(udp6()).payload(5));
    }
    void expect_refused(Salt at, Reason reason) {
        from_network(from_peer_at(at));
        expect_dropped(Side::external, reason);
    }
    static std::int32_t entries(const char* table) {
        return rte_hash_count(rte_hash_find_existing(table));
    }
    // Until what ended has left the tables: a worker's grace period later.
    void await_entries(const char* table, std::int32_t count) {
        for (int i = 0; i < 10'000 && entries(table) != count; ++i) {
            site->tick();
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
        EXPECT_EQ(entries(table), count) << table;
    }
};

TEST_P(Rotation, AddressesChangeAtTheBoundaryOfTheClockAndNotBefore) {
    start_rotating(GetParam());
    const Octets inner = to_bob(udp6()).payload(7);
    for (int i = 0; i < 5; ++i) {
        const Salt before = salt();
        pass(GetParam() * second - 1); // the last nanosecond of this salt
        ASSERT_EQ(salt(), before);
        from_host(inner);
        expect_tunnelled(inner);
        pass(1);
        ASSERT_EQ(salt(), before + 1);
        from_host(inner);
        expect_tunnelled(inner);
    }
    EXPECT_EQ(site->statistics().rotations, 5U);
}

INSTANTIATE_TEST_SUITE_P(Seconds, Rotation, testing::Values(1, 7, 10, 20, 60, 3600),
                         testing::PrintToStringParamName());

TEST_F(Rotation, TheWindowIsExact) {
    for (const std::uint32_t lifetimes : {2U, 3U, 5U}) {
        SCOPED_TRACE(lifetimes);
        start_rotating(10, lifetimes);
        pass(5 * second);
        const Salt now = salt();
        expect_refused(now - lifetimes, Reason::unprotected);
        for (Salt at = now - (lifetimes - 1); at <= now + 1; ++at) {
            expect_accepted(at);
        }
        expect_refused(now + 2, Reason::route_early); // prepared
        expect_refused(now + 3, Reason::unprotected);
    }
}

TEST_F(Rotation, ARouteEndsAtTheBoundaryEvenIfItIsStillInTheTable) {
    start_rotating(10);
    pass(10 * second - 1);
    const Salt oldest = salt() - 2;
    const Salt early = salt() + 2;
    expect_accepted(oldest);
    expect_refused(early, Reason::route_early);
    pass(1);
    expect_refused(oldest, Reason::route_expired);
    expect_accepted(early); // it is the next one now
    pass(second);           // the stream's turn to be prepared
    expect_refused(oldest, Reason::unprotected);
}

// A peer's clock may be ahead by up to R and behind by up to L - R.
TEST_F(Rotation, APeerWithASkewedClockLosesNothing) {
    start_rotating(2);
    for (int tenth = 0; tenth < 100; ++tenth) {
        pass(second / 10);
        for (const std::int64_t skew :
             {-4 * second + 1, -second, std::int64_t{0}, second, 2 * second - 1}) {
            const std::int64_t at = clock.unix_ns() + skew;
            from_network(from_peer_at(salt_at(at / second, 2, 0)));
        }
        expect_sent(Side::internal,
                    std::vector<Octets>(5, host_frame(to_alice(udp6()).payload(5))));
    }
}

TEST_F(Rotation, ASetClockIsFollowedWithoutARestart) {
    start_rotating(10);
    constexpr std::int64_t hour = 3600 * second;
    for (const std::int64_t step :
         {second, -second, 3 * second, 10 * second, -10 * second, 20 * second, -20 * second,
          30 * second, -30 * second, 45 * second, -45 * second, hour, -hour, 24 * hour, -48 * hour,
          100'000 * hour, -90'000 * hour}) {
        SCOPED_TRACE(step / second);
        set_clock_by(step);
        expect_traffic_both_ways();
        for (int i = 0; i < 25; ++i) { // and rotates on
            pass(second);
        }
        expect_traffic_both_ways();
    }
}

TEST_F(Rotation, YearsBeyond32BitsAreYearsLikeOthers) {
    start_rotating(1);
    for (const std::int64_t moment : {std::int64_t{0x7ffffffe}, std::int64_t{0xfffffffe}}) {
        set_clock_by(moment * second - clock.unix_ns());
        for (int i = 0; i < 4; ++i) { // 2038, 2106
            expect_traffic_both_ways();
            pass(second);
        }
    }
}

TEST_F(Rotation, AControlLcoreThatWasHeldUpCatchesUp) {
    start_rotating(1);
    for (const std::int64_t pause : {2, 3, 10, 1, 1}) {
        pass(pause * second);
        expect_traffic_both_ways();
    }
}

class SteadyTraffic : public Rotation {};
INSTANTIATE_TEST_SUITE_P(Seconds, SteadyTraffic, testing::Values(1, 10),
                         testing::PrintToStringParamName());

// Packets numbered and sent without a pause, both ways, while the clock runs.
TEST_P(SteadyTraffic, NoPacketIsLostInFiftyRotations) {
    constexpr int steps = 20; // a rotation
    constexpr int rotations = 50;
    start_rotating(GetParam());
    std::uint64_t number = 0;
    std::vector<std::uint64_t> outside;
    std::set<std::string> sources;
    std::vector<std::uint64_t> inside;
    for (int i = 0; i < rotations * steps; ++i) {
        clock.advance(GetParam() * second / steps);
        for (int burst = 0; burst < 3; ++burst) {
            Octets payload;
            append(payload, number++, 8);
            from_host(to_bob(udp6()).payload(payload));
            from_network(tunnel(in(), to_alice(udp6()).payload(payload)));
        }
        site->tick(); // amid the worker's work
        if (i % steps == steps / 2) {
            site->settle();
        }
        for (const Octets& sent : site->take_sent(Side::external)) {
            sources.insert(hex(slice(sent, 22, 16)));
            outside.push_back(read(sent, sent.size() - 8, 8));
        }
        for (const Octets& sent : site->take_sent(Side::internal)) {
            inside.push_back(read(sent, sent.size() - 8, 8));
        }
    }
    site->settle();
    for (const Octets& sent : site->take_sent(Side::external)) {
        outside.push_back(read(sent, sent.size() - 8, 8));
    }
    for (const Octets& sent : site->take_sent(Side::internal)) {
        inside.push_back(read(sent, sent.size() - 8, 8));
    }
    EXPECT_EQ(site->take_reasons(), ReasonCounts{});
    std::vector<std::uint64_t> all(number);
    for (std::uint64_t i = 0; i < number; ++i) {
        all[i] = i;
    }
    EXPECT_EQ(outside, all); // each once, in order
    EXPECT_EQ(inside, all);
    EXPECT_GE(sources.size(), 50U);
    EXPECT_EQ(site->statistics().rotations, 50U);
}

TEST_F(Rotation, StreamsByTheHundredArePreparedInTime) {
    config = many_streams(600); // more than one step's worth
    start_rotating(1);
    for (int i = 0; i < 500; ++i) {
        pass(second / 100);
        if (i % 37 == 0) {
            for (const std::size_t at : {0U, 299U, 599U}) {
                const Octets inner = to_bob(udp6(), at).payload(3);
                from_host(inner);
                expect_sent(Side::external, {outside_frame(tunnel(out(at), inner))});
            }
        }
    }
    await_entries("mt6d_hashed_pairs", 600 * 5);
}

TEST_F(Rotation, SeveralRotationTimesRunSideBySide) {
    config = many_streams(3);
    config.streams[1].options.rotation = 3;
    config.streams[1].options.lifetime = 9;
    config.streams[2].options.rotation = 20;
    config.streams[2].options.lifetime = 40;
    start();
    for (int i = 0; i < 120; ++i) {
        pass(second / 2);
        for (std::size_t at = 0; at < 3; ++at) {
            const Octets inner = to_bob(udp6(), at).payload(3);
            from_host(inner);
            expect_sent(Side::external, {outside_frame(tunnel(out(at), inner))});
        }
    }
}

TEST_F(Rotation, NothingGrowsOverFiveHundredRotations) {
    config.external.on_link = {*Ipv6Prefix::parse("2001:db8:b::/64")};
    start_rotating(1);
    const auto rotate = [&](int times) {
        for (int i = 0; i < 2 * times; ++i) {
            pass(second / 2);
            if (i % 64 == 0) {
                site->settle();
                site->take_sent(Side::external); // solicitations
                site->take_groundwork(Side::external);
            }
        }
        await_entries("mt6d_hashed_pairs", 5);
        await_entries("mt6d_neighbors_out", 6); // and the router
        await_entries("mt6d_answers_out", 7);   // and alice, and the gateway itself
        // Bob, his hashed addresses, the router, the gateway itself.
        await_entries("mt6d_answers_in", 8);
    };
    rotate(20);
    const std::size_t before = mallinfo2().uordblks;
    rotate(500);
    EXPECT_LE(mallinfo2().uordblks, before + 16'384);
    from_host(to_bob(udp6()).payload(1));
    site->settle(1); // the destination was never resolved: it waits
}

} // namespace
} // namespace mt6d::test
