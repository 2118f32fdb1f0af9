// SPDX-License-Identifier: BSD-3-Clause
// Two workers: each stream has one owner; what comes to the other is handed over, and where a port
// has a single queue, what leaves is too.
#include "gateway_fixture.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>

namespace mt6d::test {
namespace {

class Workers : public GatewayTest {
protected:
    Workers() {
        config = many_streams(4); // owners 0, 1, 0, 1
        shape.workers = 2;
    }
    [[nodiscard]] static std::vector<Octets> sorted(std::vector<Octets> frames) {
        std::sort(frames.begin(), frames.end());
        return frames;
    }
    [[nodiscard]] Octets numbered(const Packet& packet, std::uint64_t number) const {
        Octets payload;
        append(payload, number, 8);
        return Packet(packet).payload(payload);
    }
    // In the order in which they left, for one address pair.
    [[nodiscard]] static std::vector<std::uint64_t> numbers(const std::vector<Octets>& frames,
                                                            const Ipv6Address& source) {
        std::vector<std::uint64_t> found;
        for (const Octets& each : frames) {
            if (slice(each, 22, 16) == octets(source)) {
                found.push_back(read(each, each.size() - 8, 8));
            }
        }
        return found;
    }
    static void append_all(std::vector<std::uint64_t>& to, const std::vector<std::uint64_t>& more) {
        to.insert(to.end(), more.begin(), more.end());
    }
    [[nodiscard]] std::uint64_t handed_over() const {
        std::uint64_t sum = 0;
        for (const WorkerStatistics& worker : site->statistics().workers) {
            sum += worker.handed_over;
        }
        return sum;
    }
    // All streams, both ways, by each of these queues.
    void expect_everything_passes(std::uint16_t queues) {
        std::vector<Octets> outside;
        std::vector<Octets> inside;
        for (std::uint16_t queue = 0; queue < queues; ++queue) {
            for (std::size_t i = 0; i < config.streams.size(); ++i) {
                const Octets inner = to_bob(udp6(), i).payload(10 + queue);
                from_host(inner, queue);
                outside.push_back(outside_frame(tunnel(out(i), inner)));
                const Octets other = to_alice(tcp6(), i).payload(10 + queue);
                from_network(tunnel(in(i), other), queue);
                inside.push_back(host_frame(other));
            }
        }
        site->settle();
        EXPECT_EQ(sorted(site->take_sent(Side::external)), sorted(outside));
        EXPECT_EQ(sorted(site->take_sent(Side::internal)), sorted(inside));
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
    }
};

TEST_F(Workers, APacketOfAnyQueueIsCarriedByItsStreamsOwner) {
    shape.queues = {2, 2};
    start();
    expect_everything_passes(2);
    EXPECT_EQ(handed_over(), 8U); // one of two each time, over four streams, both ways
    for (const WorkerStatistics& worker : site->statistics().workers) {
        EXPECT_EQ(worker.rx_packets, 8U);
        EXPECT_EQ(worker.tx_packets, 8U);
        EXPECT_EQ(worker.handed_over, 4U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(site->gateway().streams().context(i).owner, i % 2);
        EXPECT_EQ(site->gateway().streams().counters(i).encapsulated_packets.value(), 2U);
        EXPECT_EQ(site->gateway().streams().counters(i).decapsulated_packets.value(), 2U);
    }
}

TEST_F(Workers, PortsWithOneQueueServeTwoWorkers) {
    start();
    EXPECT_EQ(site->gateway().plan()[0].rx_queue[0], std::optional<std::uint16_t>(0));
    EXPECT_EQ(site->gateway().plan()[1].rx_queue[1], std::optional<std::uint16_t>(0));
    expect_everything_passes(1);
    EXPECT_EQ(handed_over(), 4U);
}

TEST_F(Workers, OnePortMayHaveMoreQueuesToReadThanToSend) {
    shape.queues = {2, 1};
    start();
    expect_everything_passes(2);
}

TEST_F(Workers, PacketsOfAStreamStayInOrder) {
    for (const PortQueues queues : {PortQueues{2, 2}, PortQueues{1, 1}}) {
        shape.queues = queues;
        start();
        constexpr std::uint64_t packets = 800;
        const auto last = static_cast<std::uint16_t>(queues.rx - 1);
        for (std::uint64_t number = 0; number < packets; ++number) {
            for (std::size_t i = 0; i < 4; ++i) {
                const auto queue = static_cast<std::uint16_t>(i / 2 % queues.rx);
                from_host(numbered(to_bob(udp6(), i), number), std::min(queue, last));
            }
            if (number % 50 == 49) {
                site->settle(); // no more than rings hold
            }
        }
        const std::vector<Octets> sent = site->take_sent(Side::external);
        EXPECT_EQ(sent.size(), 4 * packets);
        for (std::size_t i = 0; i < 4; ++i) {
            const std::vector<std::uint64_t> found = numbers(sent, out(i).source);
            EXPECT_EQ(found.size(), packets);
            EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
        }
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
    }
}

// Where ports have several queues, a rotation has the network's packets come in by another one; a
// host's come by the same one always.
TEST_F(Workers, ThreeKeepEachStreamInOrderAcrossRotations) {
    constexpr std::size_t streams = 7;
    constexpr std::uint64_t packets_a_rotation = 120;
    config = many_streams(streams);
    shape.workers = 3;
    for (const PortQueues queues : {PortQueues{1, 1}, PortQueues{3, 3}, PortQueues{3, 1}}) {
        SCOPED_TRACE(std::to_string(queues.rx) + " receive queues");
        shape.queues = queues;
        start();
        std::array<std::vector<std::uint64_t>, streams> into;
        std::array<std::vector<std::uint64_t>, streams> out_of;
        for (std::uint64_t rotation = 0; rotation < 4; ++rotation) {
            for (std::uint64_t at = 0; at < packets_a_rotation; ++at) {
                const std::uint64_t number = rotation * packets_a_rotation + at;
                for (std::size_t i = 0; i < streams; ++i) {
                    from_host(numbered(to_bob(udp6(), i), number),
                              static_cast<std::uint16_t>(i % queues.rx));
                    from_network(tunnel(in(i), numbered(to_alice(udp6(), i), number)),
                                 static_cast<std::uint16_t>((i + rotation) % queues.rx));
                }
                if (at % 30 == 29) {
                    site->settle(); // no more than rings hold
                }
            }
            const std::vector<Octets> outside = site->take_sent(Side::external);
            const std::vector<Octets> inside = site->take_sent(Side::internal);
            for (std::size_t i = 0; i < streams; ++i) {
                append_all(into[i], numbers(outside, out(i).source));
                append_all(out_of[i], numbers(inside, stream(i).remote.address));
            }
            pass_seconds(10);
        }
        std::vector<std::uint64_t> all(4 * packets_a_rotation);
        std::iota(all.begin(), all.end(), 0U);
        for (std::size_t i = 0; i < streams; ++i) {
            EXPECT_EQ(into[i], all);
            EXPECT_EQ(out_of[i], all);
            EXPECT_EQ(site->gateway().streams().context(i).owner, i % 3);
        }
        EXPECT_GT(handed_over(), 0U);
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
    }
}

// What two workers sealed with one number would be alike.
TEST_F(Workers, OneOwnerAloneCountsAStreamsNumbersByWhateverQueueItsPacketsCome) {
    constexpr std::size_t packets = 90;
    config = many_streams(3);
    use_cipher(Cipher::aes_256_gcm);
    shape.workers = 3;
    shape.queues = {3, 3};
    start();
    await_numbers();
    const auto next_number = [this](std::size_t i) {
        return site->gateway().streams().context(i).slot(salt(i))->seal->next.load();
    };
    const std::array before{next_number(0), next_number(1), next_number(2)};
    for (std::size_t at = 0; at < packets; ++at) {
        for (std::size_t i = 0; i < 3; ++i) {
            from_host(to_bob(udp6(), i).payload(20), static_cast<std::uint16_t>(at % 3));
        }
    }
    site->settle();
    const std::vector<Octets> sent = site->take_sent(Side::external);
    EXPECT_EQ(sent.size(), 3 * packets);
    EXPECT_EQ(std::set<Octets>(sent.begin(), sent.end()).size(), sent.size());
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(next_number(i) - before[i], packets);
        EXPECT_EQ(site->gateway().streams().counters(i).encapsulated_packets.value(), packets);
    }
}

TEST_F(Workers, DiscoveryIsAnsweredByWhoeverGetsIt) {
    start();
    from_host(solicitation(alice().address, stream().remote.address, stream().remote.address));
    from_network(solicitation(router_address(), alice().address, alice().address));
    site->settle();
    EXPECT_EQ(site->take_sent(Side::internal).size(), 1U);
    EXPECT_EQ(site->take_sent(Side::external).size(), 1U);
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal discovery_answered", 1},
                                                  {"external discovery_answered", 1}}));
}

TEST_F(Workers, WhatOneCannotSendTheOtherSends) {
    config.external.neighbors.clear(); // the router is asked for, by worker 0, through worker 1
    start();
    site->await_sent(Side::external, 1);
    EXPECT_EQ(site->take_sent(Side::external).at(0).at(54), 135);
    // At most three packets wait for one next hop, over all workers.
    for (std::size_t i = 0; i < 4; ++i) {
        from_host(to_bob(udp6(), i).payload(4));
    }
    expect({}, {}, {{"internal next_hop_unresolved", 1}}, 3);
    from_network(advertisement(router_address(), outside_link_local(), router_address(), 0x60000000,
                               link_layer_option(2, router_mac())));
    site->settle(3);
    site->tick();
    site->settle();
    EXPECT_EQ(site->take_sent(Side::external).size(), 3U);
}

TEST_F(Workers, ErrorsForHostsLeaveByTheRightQueue) {
    start();
    for (std::size_t i = 0; i < 4; ++i) {
        from_host(to_bob(udp6(), i).payload(1450));
    }
    site->settle();
    EXPECT_EQ(site->take_sent(Side::internal).size(), 4U);
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal packet_too_big", 4}}));
}

TEST_F(Workers, EndWithNothingLeftHoweverBusy) {
    for (int round = 0; round < 20; ++round) {
        start();
        for (std::size_t i = 0; i < 1000; ++i) {
            from_host(to_bob(udp6(), i % 4).payload(4));
            from_network(tunnel(in(i % 4), to_alice(udp6(), i % 4).payload(4)));
        }
        site->gateway().stop(); // amid all that; what is left in the test's rings did not come in
        site.reset();
    }
}

TEST_F(Workers, RotationReachesBothAtOnce) {
    shape.queues = {2, 2};
    start();
    for (int i = 0; i < 10; ++i) {
        expect_everything_passes(2);
        pass_seconds(5);
    }
}

} // namespace
} // namespace mt6d::test
