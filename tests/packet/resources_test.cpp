// SPDX-License-Identifier: BSD-3-Clause
// What happens where something runs out: each has its reason, and nothing is lost uncounted.
#include "gateway_fixture.hpp"

#include <chrono>

namespace mt6d::test {
namespace {

class Resources : public GatewayTest {
protected:
    // What leaves, taken as fast as it comes, until everything has settled.
    std::size_t take_all_outside() {
        std::size_t arrived = 0;
        for (;;) {
            const bool settled = site->is_settled();
            const std::size_t more = site->take_sent(Side::external).size();
            arrived += more;
            if (settled && more == 0) {
                return arrived;
            }
        }
    }
    [[nodiscard]] Octets host_frame_to_bob(std::size_t i = 0) const {
        return frame(TestGateway::internal_mac, alice().mac, to_bob(udp6(), i).payload(20));
    }
};

TEST_F(Resources, AFrameInSeveralBuffersIsDropped) {
    start();
    rte_mbuf* const head = site->make(host_frame_to_bob());
    ASSERT_EQ(rte_pktmbuf_chain(head, site->make(pattern(40))), 0);
    site->receive(Side::internal, head);
    expect_dropped(Side::internal, Reason::frame_segmented);
}

TEST_F(Resources, AFrameWithoutRoomBeforeItIsDropped) {
    start();
    rte_mbuf* const packet = site->make(host_frame_to_bob());
    const Octets bytes = host_frame_to_bob();
    packet->data_off = 15; // one byte less than the tunnel's headers need
    std::copy(bytes.begin(), bytes.end(), rte_pktmbuf_mtod(packet, std::uint8_t*));
    site->receive(Side::internal, packet);
    expect_dropped(Side::internal, Reason::no_headroom);
}

TEST_F(Resources, AFrameWithoutRoomBehindItIsDropped) {
    for (const Cipher cipher : {Cipher::aes_256_cbc, Cipher::aes_256_gcm}) {
        use_cipher(cipher);
        start();
        const Octets bytes = host_frame_to_bob(); // 12 bytes of padding, or a tag of 16
        rte_mbuf* const packet = site->make(bytes);
        packet->data_off = static_cast<std::uint16_t>(packet->buf_len - bytes.size() - 1);
        std::copy(bytes.begin(), bytes.end(), rte_pktmbuf_mtod(packet, std::uint8_t*));
        site->receive(Side::internal, packet);
        expect_dropped(Side::internal, Reason::no_tailroom);
    }
}

TEST_F(Resources, ASolicitationInABufferTooSmallForTheAnswerIsDropped) {
    constexpr std::uint16_t frame_size = 14 + 40 + 24; // no option
    rte_mempool* const pool = rte_pktmbuf_pool_create(
        "small", 63, 0, 0, RTE_PKTMBUF_HEADROOM + frame_size, SOCKET_ID_ANY);
    ASSERT_NE(pool, nullptr);
    shape.pool = pool;
    start();
    from_host(solicitation(alice().address, bob().address, bob().address));
    expect_dropped(Side::internal, Reason::no_buffer);
    site.reset();
    rte_mempool_free(pool);
}

TEST_F(Resources, APortThatTakesNothingLosesPacketsAfterAWhileAndThenGoesOn) {
    shape.ring[1] = 63;
    start();
    for (int i = 0; i < 200; ++i) {
        from_host(to_bob(udp6()).payload(20));
    }
    site->settle(); // as the patience with the port ends
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"external transmit_full", 200 - 63}}));
    EXPECT_EQ(site->take_sent(Side::external).size(), 63U);
    const Octets inner = to_bob(udp6()).payload(21);
    from_host(inner);
    expect_tunnelled(inner);
}

TEST_F(Resources, ABlockedPortHoldsUpReadingInsteadOfLosing) {
    config = many_streams(2);
    shape.ring[1] = 511;
    shape.patience = std::chrono::minutes(10);
    for (const std::uint16_t workers : {std::uint16_t{1}, std::uint16_t{2}}) {
        SCOPED_TRACE(workers); // two: the stream's owner sends through the other
        shape.workers = workers;
        constexpr std::size_t sent = 3500;
        start();
        for (std::size_t i = 0; i < sent; ++i) {
            from_host(to_bob(udp6()).payload(20));
        }
        site->await_sent(Side::external, shape.ring[1]); // all that the port takes
        EXPECT_LT(site->statistics().ports[0].rx_packets, sent);
        EXPECT_EQ(take_all_outside(), sent);
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
    }
}

TEST_F(Resources, MoreAdvertisementsThanControlReadsAreCounted) {
    start();
    constexpr std::uint64_t sent = dataplane::event_queue_size + 100;
    for (std::uint64_t i = 0; i < sent; ++i) {
        from_network(advertisement(router_address(), all_nodes, router_address(), 0x20000000,
                                   link_layer_option(2, stranger_mac())));
    }
    expect({}, {},
           {{"external discovery_heard", dataplane::event_queue_size},
            {"external event_queue_full", 100}});
    site->tick();
    site->tick();
    from_network(advertisement(router_address(), all_nodes, router_address(), 0x20000000,
                               link_layer_option(2, stranger_mac())));
    expect({}, {}, {{"external discovery_heard", 1}});
}

// The owner of the stream sends to a port that takes nothing, so it reads no more of what the other
// worker gives to it.
TEST_F(Resources, AnOwnerThatIsBehindLosesWhatIsHandedToIt) {
    config = many_streams(2);
    shape.workers = 2;
    shape.queues = {2, 2};
    shape.ring = {4095, 7};
    start();
    constexpr std::uint64_t sent = 4000;
    for (std::uint64_t i = 0; i < sent; ++i) {
        from_host(to_bob(udp6(), 0).payload(20), 1); // to worker 1; worker 0 owns the stream
    }
    site->settle();
    const ReasonCounts reasons = site->take_reasons();
    EXPECT_GT(reasons.at("internal handover_full"), 0U);
    EXPECT_GT(reasons.at("external transmit_full"), 0U);
    EXPECT_EQ(reasons.size(), 2U);
}

TEST_F(Resources, WhatIsStillInsideAtTheEndIsCounted) {
    config.external.neighbors.clear();
    start();
    for (int i = 0; i < 3; ++i) {
        from_host(to_bob(udp6()).payload(1));
    }
    site->settle(3);
    site->gateway().stop();
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal stopping", 3}}));
}

TEST_F(Resources, WhatControlSaysAfterTheEndIsCountedToo) {
    config.external.neighbors.clear();
    start();
    site->await_sent(Side::external, 1);
    site->gateway().stop();
    pass_seconds(1); // asks for the router once more
    site->finish();
}

TEST_F(Resources, AGatewayThatNeverStartedLeavesNothingBehind) {
    config.external.neighbors.clear(); // it has a solicitation to send
    site.emplace(config, clock, shape);
    site.reset();
}

TEST_F(Resources, AGatewayCanStopAndStartAgain) {
    start();
    for (int i = 0; i < 3; ++i) {
        const Octets inner = to_bob(udp6()).payload(5);
        from_host(inner);
        expect_tunnelled(inner);
        site->gateway().stop();
        clock.advance(1000 * nanoseconds_per_second);
        site->start();
    }
    const Octets inner = to_bob(udp6()).payload(5);
    from_host(inner);
    expect_tunnelled(inner);
}

} // namespace
} // namespace mt6d::test
