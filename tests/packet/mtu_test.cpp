// SPDX-License-Identifier: BSD-3-Clause
// docs/protocol.md, section 8.1: what is too big, what the host is told, and how often.
#include "gateway_fixture.hpp"
#include "support/vectors.hpp"

#include <algorithm>

namespace mt6d::test {
namespace {

Cipher cipher(const nlohmann::json& vector) {
    const auto name = vector.at("cipher").get<std::string>();
    return name == "none" ? Cipher::none
                          : (name == "aes-256-cbc" ? Cipher::aes_256_cbc : Cipher::aes_256_gcm);
}

TEST(InnerMtu, IsThatOfTheVectorsForEveryCipher) {
    for (const auto& vector : vectors("mtu.json")) {
        EXPECT_EQ(inner_mtu(vector.at("external_mtu").get<std::uint32_t>(), cipher(vector)),
                  vector.at("inner_mtu").get<std::uint32_t>())
            << vector;
    }
}

class Mtu : public GatewayTest {
protected:
    // A packet of so many bytes in all.
    [[nodiscard]] Octets of_size(std::size_t size) const {
        return to_bob(udp6()).payload(size - 48);
    }
    void expect_tunnelled_within(std::uint16_t mtu, const Octets& inner) {
        if (stream().options.cipher == Cipher::none) {
            expect_tunnelled(inner);
            return;
        }
        site->settle();
        const auto sent = site->take_sent(Side::external);
        ASSERT_EQ(sent.size(), 1U);
        const Octets packet = slice(sent[0], 14);
        EXPECT_EQ(hex(packet), hex(sealed_tunnel(out(), number_of(packet), inner)));
        EXPECT_LE(packet.size(), mtu);
    }
    void expect_in_fragments() {
        site->settle();
        EXPECT_EQ(site->take_sent(Side::external).size(), 2U);
        EXPECT_TRUE(site->take_reasons().empty());
    }
    // What the gateway tells alice about `packet`.
    [[nodiscard]] Octets too_big(const Octets& packet, std::uint32_t mtu) const {
        Octets body;
        append(body, mtu, 4);
        return host_frame(to_alice(icmp6(2)).hop_limit(64).payload(body + slice(packet, 0, 1232)));
    }
};

TEST_F(Mtu, TheLargestPacketPassesAndOneByteMoreIsAnsweredWithTheNumber) {
    for (const auto& vector : vectors("mtu.json")) {
        SCOPED_TRACE(vector);
        use_cipher(cipher(vector));
        const auto external = vector.at("external_mtu").get<std::uint16_t>();
        const auto inner = std::max<std::uint32_t>(1280, vector.at("inner_mtu"));
        if (external > 1900) {
            continue; // larger than the packet buffers of this test: JumboFrames
        }
        shape.mtu[1] = external;
        start();
        const Octets largest = of_size(inner);
        from_host(largest);
        if (tunnel_length(inner, cipher(vector)) <= external) {
            expect_tunnelled_within(external, largest);
        } else {
            expect_in_fragments();
        }
        const Octets larger = of_size(inner + 1);
        from_host(larger);
        expect({too_big(larger, inner)}, {}, {{"internal packet_too_big", 1}});
    }
}

TEST_F(Mtu, JumboFramesPassWhereThePortTakesThem) {
    rte_mempool* const pool =
        rte_pktmbuf_pool_create("jumbo", 255, 0, 0, RTE_PKTMBUF_HEADROOM + 9800, SOCKET_ID_ANY);
    ASSERT_NE(pool, nullptr);
    shape.pool = pool;
    shape.mtu = {9702, 9702};
    start();
    const Octets largest = of_size(9702 - 16);
    from_host(largest);
    expect_tunnelled(largest);
    const Octets larger = of_size(9702 - 15);
    from_host(larger);
    expect({too_big(larger, 9702 - 16)}, {}, {{"internal packet_too_big", 1}});
    from_network(tunnel(in(), to_alice(udp6()).payload(9000)));
    expect_delivered(to_alice(udp6()).payload(9000));
    site.reset();
    rte_mempool_free(pool);
}

TEST_F(Mtu, NothingLargerThanTheHostsLinkIsDelivered) {
    shape.mtu = {1400, 1500};
    start();
    const Packet fits = to_alice(udp6()).payload(1400 - 48);
    from_network(tunnel(in(), fits));
    expect_delivered(fits);
    from_network(tunnel(in(), to_alice(udp6()).payload(1401 - 48)));
    expect_dropped(Side::external, Reason::inner_too_big);
}

// What is in the fragments: Fragments.
TEST_F(Mtu, NoHostIsToldLessThanTheMinimum) {
    shape.mtu[1] = 1280;
    start();
    for (std::size_t size = 1264; size <= 1281; ++size) {
        const Octets packet = of_size(size);
        from_host(packet);
        if (size <= 1264) {
            expect_tunnelled(packet);
        } else if (size <= 1280) {
            expect_in_fragments();
        } else {
            expect({too_big(packet, 1280)}, {}, {{"internal packet_too_big", 1}});
        }
    }
}

TEST_F(Mtu, TheQuotedPacketFillsTheMinimumMtuAndNoMore) {
    start();
    const Octets packet = of_size(1500);
    from_host(packet);
    const Octets answer = too_big(packet, 1484);
    EXPECT_EQ(answer.size(), 14U + 1280U);
    expect({answer}, {}, {{"internal packet_too_big", 1}});
}

TEST_F(Mtu, NothingIsSaidAboutErrorsGroupsAndSegmentsOfUnknownKind) {
    start();
    Packet endless = to_bob(udp6());
    for (unsigned i = 0; i < 4; ++i) {
        endless.extension(protocol::destination_options, padding_header());
    }
    from_host(to_bob(icmp6(1)).payload(1480)); // an error
    from_host(to_bob(icmp6(127)).payload(1480));
    from_host(to_bob(icmp6(1)).extension(protocol::hop_by_hop, padding_header()).payload(1470));
    // Sent to a group's MAC.
    site->receive(Side::internal, frame(mac("33:33:00:00:00:01"), alice().mac, of_size(1500)));
    // From one.
    site->receive(Side::internal,
                  frame(TestGateway::internal_mac, mac("33:33:00:00:00:01"), of_size(1500)));
    expect_dropped(Side::internal, Reason::packet_too_big_silent, 5);
    from_host(to_bob(icmp6(128)).payload(1490)); // an echo request is no error
    site->settle();
    EXPECT_EQ(site->take_sent(Side::internal).size(), 1U);
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal packet_too_big", 1}}));
}

TEST_F(Mtu, AnswersAreLimitedInNumber) {
    start();
    constexpr std::uint64_t sent = 2000;
    for (std::uint64_t i = 0; i < sent; ++i) {
        from_host(of_size(1500));
    }
    site->settle();
    const ReasonCounts reasons = site->take_reasons();
    const std::uint64_t answered = reasons.at("internal packet_too_big");
    EXPECT_EQ(answered + reasons.at("internal packet_too_big_silent"), sent);
    EXPECT_EQ(site->take_sent(Side::internal).size(), answered);
    EXPECT_GE(answered, 50U);   // at once
    EXPECT_LT(answered, 1500U); // and 100 a second after that, on the slowest machine
}

TEST_F(Mtu, FallsSilentWhereNoBufferIsFree) {
    rte_mempool* const pool =
        rte_pktmbuf_pool_create("scarce", 63, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
    ASSERT_NE(pool, nullptr);
    shape.pool = pool;
    start();
    std::vector<rte_mbuf*> packets;
    const Octets oversize = frame(TestGateway::internal_mac, alice().mac, of_size(1500));
    packets.push_back(site->make(oversize));
    std::vector<rte_mbuf*> hoard;
    while (rte_mbuf* const packet = rte_pktmbuf_alloc(pool)) {
        hoard.push_back(packet);
    }
    site->receive(Side::internal, packets[0]);
    expect_dropped(Side::internal, Reason::packet_too_big_silent);
    for (rte_mbuf* const packet : hoard) {
        rte_pktmbuf_free(packet);
    }
    site.reset();
    rte_mempool_free(pool);
}

} // namespace
} // namespace mt6d::test
