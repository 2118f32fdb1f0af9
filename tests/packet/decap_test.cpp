// SPDX-License-Identifier: BSD-3-Clause
// Tunnel packets become the host's packets again (docs/protocol.md, section 6).
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

class Decapsulation : public GatewayTest {
protected:
    void from_peer(const Octets& inner, const TunnelForm& form = {}) {
        from_network(tunnel(in(), inner, form));
    }
};

TEST_F(Decapsulation, RestoresUdpTcpAndIcmp) {
    start();
    for (const Packet& packet : {udp6(), tcp6(), icmp6(129)}) {
        const Octets inner = to_alice(packet).flow_label(0x54321).payload(100);
        from_peer(inner);
        expect_delivered(inner);
    }
}

TEST_F(Decapsulation, RestoresPayloadsOfEveryLength) {
    start();
    std::vector<Octets> expected;
    for (std::size_t length = 0; length <= 80; ++length) {
        const Octets inner = to_alice(packet_of(253)).payload(length);
        from_peer(inner);
        expected.push_back(host_frame(inner));
    }
    expect_sent(Side::internal, expected);
}

TEST_F(Decapsulation, RestoresExtensionHeadersAndFragments) {
    start();
    const std::vector<Packet> packets{
        to_alice(udp6()).extension(protocol::hop_by_hop, padding_header()),
        to_alice(udp6()).extension(protocol::fragment, fragment_header(0, false)),
        to_alice(udp6()).extension(protocol::fragment, fragment_header(0, true)),
        to_alice(packet_of(protocol::udp))
            .extension(protocol::fragment, fragment_header(1232, false)),
        to_alice(tcp6())
            .extension(protocol::destination_options, padding_header())
            .extension(protocol::routing, {0, 0, 4, 0, 0, 0, 0, 0}),
    };
    std::vector<Octets> expected;
    for (Packet packet : packets) {
        const Octets inner = packet.payload(24);
        from_peer(inner);
        expected.push_back(host_frame(inner));
    }
    expect_sent(Side::internal, expected);
}

// RFC 6040, section 4.2, figure 4: rows by the inner field, columns by the outer one.
TEST_F(Decapsulation, MergesCongestionMarksByTheWholeTable) {
    constexpr int drop = -1;
    constexpr int not_ect = 0;
    constexpr int ect1 = 1;
    constexpr int ect0 = 2;
    constexpr int ce = 3;
    constexpr int table[4][4] = {
        // outer: Not-ECT, ECT(1), ECT(0), CE
        {not_ect, not_ect, not_ect, drop},
        {ect1, ect1, ect1, ce},
        {ect0, ect1, ect0, ce},
        {ce, ce, ce, ce},
    };
    start();
    for (unsigned inner = 0; inner < 4; ++inner) {
        for (unsigned outer = 0; outer < 4; ++outer) {
            SCOPED_TRACE("inner " + std::to_string(inner) + " outer " + std::to_string(outer));
            constexpr unsigned dscp = 0xb8;
            const auto packet = [&](unsigned ecn) {
                return to_alice(udp6())
                    .traffic_class(static_cast<std::uint8_t>(dscp | ecn))
                    .flow_label(0xfffff)
                    .payload(12);
            };
            from_peer(packet(inner), {.traffic_class = static_cast<std::uint8_t>(outer)});
            if (const int merged = table[inner][outer]; merged == drop) {
                expect_dropped(Side::external, Reason::congestion_marked);
            } else {
                expect_delivered(packet(static_cast<unsigned>(merged)));
            }
        }
    }
}

TEST_F(Decapsulation, IgnoresTheOuterDscpLabelAndHopLimit) {
    start();
    const Octets inner = to_alice(udp6()).payload(4);
    from_peer(inner, {.traffic_class = 0xfc, .hop_limit = 1});
    expect_delivered(inner);
    Route route = in();
    route.flow_label = 0x11111;
    route.source_port = 1;
    from_network(tunnel(route, inner));
    expect_delivered(inner);
}

TEST_F(Decapsulation, KeepsTheInnerHopLimit) {
    start();
    for (const std::uint8_t hop_limit : Octets{0, 1, 64, 255}) {
        const Octets inner = to_alice(udp6()).hop_limit(hop_limit).payload(4);
        from_peer(inner);
        expect_delivered(inner);
    }
}

TEST_F(Decapsulation, AcceptsEachKeyStateAndNoOtherPort) {
    start();
    const Octets inner = to_alice(udp6()).payload(4);
    for (std::uint16_t port = 19766; port < 19770; ++port) {
        from_peer(inner, {.destination_port = port});
        expect_delivered(inner);
    }
    for (const std::uint16_t port : std::vector<std::uint16_t>{0, 19765, 19770, 65535}) {
        from_peer(inner, {.destination_port = port});
        expect_dropped(Side::external, Reason::udp_port);
    }
}

TEST_F(Decapsulation, AcceptsOptionsThatSayNothing) {
    start();
    const Octets inner = to_alice(udp6()).payload(4);
    for (const Octets& options :
         {Octets{}, Octets{0}, Octets{0, 0, 0, 0, 0, 0}, Octets{1, 0}, option(1, Octets(20))}) {
        from_peer(inner, {.options = options_header(options)});
        expect_delivered(inner);
    }
}

TEST_F(Decapsulation, LeavesOutWhatTheLinkPadded) {
    start();
    const Octets inner = to_alice(udp6()).payload(1);
    for (const std::size_t padding : {1U, 5U, 46U, 200U}) {
        from_network(tunnel(in(), inner) + pattern(padding));
        expect_delivered(inner);
    }
}

TEST_F(Decapsulation, TakesZeroChecksumsWhereTheStreamSaysSo) {
    const Octets inner = to_alice(udp6()).payload(40);
    start();
    from_peer(inner, {.checksum = 0});
    expect_dropped(Side::external, Reason::udp_checksum_zero);
    config.streams[0].options.accept_zero_checksum = true;
    start();
    from_peer(inner, {.checksum = 0});
    expect_delivered(inner);
    from_peer(inner, {.checksum = 0x1111}); // a wrong one stays wrong
    expect_dropped(Side::external, Reason::udp_checksum);
}

// Each bit behind the outer IPv6 header is covered by the UDP checksum, ports and length among
// them.
TEST_F(Decapsulation, RefusesEachSingleBitError) {
    start();
    const Octets outer = tunnel(in(), to_alice(udp6()).payload(9));
    constexpr std::size_t header = 40;
    for (std::size_t bit = 8 * header; bit < 8 * outer.size(); ++bit) {
        Octets wrong = outer;
        wrong[bit / 8] = static_cast<std::uint8_t>(wrong[bit / 8] ^ 1U << bit % 8);
        from_network(wrong);
    }
    site->settle();
    EXPECT_TRUE(site->take_sent(Side::internal).empty());
    const ReasonCounts reasons = site->take_reasons();
    std::uint64_t sum = 0;
    for (const auto& [name, count] : reasons) {
        EXPECT_TRUE(name == "external udp_checksum" || name == "external udp_length"
                    || name == "external udp_port")
            << name;
        sum += count;
    }
    EXPECT_EQ(sum, 8 * (outer.size() - header));
}

TEST_F(Decapsulation, TakesFramesForItselfAlone) {
    start();
    const Octets outer = tunnel(in(), to_alice(udp6()).payload(1));
    site->receive(Side::external, frame(TestGateway::internal_mac, router_mac(), outer));
    expect_dropped(Side::external, Reason::not_for_us);
    site->receive(Side::external, frame(stranger_mac(), router_mac(), outer));
    expect_dropped(Side::external, Reason::not_for_us);
}

// A stream's own direction only: what it sends itself is no packet for it.
TEST_F(Decapsulation, RefusesItsOwnPacketsMirrored) {
    start();
    from_network(tunnel(out(), to_bob(udp6()).payload(1)));
    expect_dropped(Side::external, Reason::unprotected);
    from_network(to_alice(udp6()).payload(1)); // in the clear
    expect_dropped(Side::external, Reason::protected_pair);
}

} // namespace
} // namespace mt6d::test
