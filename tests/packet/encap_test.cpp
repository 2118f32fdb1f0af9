// SPDX-License-Identifier: BSD-3-Clause
// A host's packets become tunnel packets (docs/protocol.md, section 6).
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

using Encapsulation = GatewayTest;

TEST_F(Encapsulation, CarriesUdpTcpAndIcmp) {
    start();
    for (const Packet& packet : {udp6(), tcp6(), icmp6(128)}) {
        const Octets inner = to_bob(packet).payload(100);
        from_host(inner);
        expect_tunnelled(inner);
    }
}

TEST_F(Encapsulation, CarriesPayloadsOfEveryLength) {
    start();
    std::vector<Octets> expected;
    for (const std::uint8_t protocol : {protocol::none, std::uint8_t{253}}) {
        for (std::size_t length = 0; length <= 80; ++length) {
            const Octets inner = to_bob(packet_of(protocol)).payload(length);
            from_host(inner);
            expected.push_back(outside_frame(tunnel(out(), inner)));
        }
    }
    for (std::size_t length = 0; length <= 80; ++length) {
        const Octets inner = to_bob(udp6()).payload(length);
        from_host(inner);
        expected.push_back(outside_frame(tunnel(out(), inner)));
    }
    expect_sent(Side::external, expected);
}

TEST_F(Encapsulation, CarriesExtensionHeadersAndFragmentsAsTheyAre) {
    start();
    const Octets routing{0, 2, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    const Octets authentication{0, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1,
                                1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9};
    std::vector<Packet> packets{
        to_bob(udp6()).extension(protocol::hop_by_hop, padding_header()),
        to_bob(udp6()).extension(protocol::routing, routing),
        to_bob(tcp6()).extension(protocol::destination_options, padding_header()),
        to_bob(tcp6()).extension(protocol::authentication, authentication),
        to_bob(packet_of(59)).extension(protocol::mobility, padding_header()),
        to_bob(udp6()).extension(protocol::fragment, fragment_header(0, false)), // atomic
        to_bob(udp6()).extension(protocol::fragment, fragment_header(0, true)),
        to_bob(packet_of(protocol::udp))
            .extension(protocol::fragment, fragment_header(1232, false)),
        to_bob(packet_of(protocol::icmpv6))
            .extension(protocol::fragment, fragment_header(64, true)),
    };
    Packet longest = to_bob(icmp6(128));
    for (unsigned i = 0; i < longest_header_chain; ++i) {
        longest.extension(protocol::destination_options, padding_header());
    }
    packets.push_back(longest);
    std::vector<Octets> expected;
    for (Packet& packet : packets) {
        const Octets inner = packet.payload(64);
        from_host(inner);
        expected.push_back(outside_frame(tunnel(out(), inner)));
    }
    expect_sent(Side::external, expected);
}

TEST_F(Encapsulation, HidesTheTrafficClassButForCongestion) {
    start();
    std::vector<Octets> expected;
    for (unsigned traffic_class = 0; traffic_class < 256; ++traffic_class) {
        const auto value = static_cast<std::uint8_t>(traffic_class);
        const Octets inner = to_bob(udp6()).traffic_class(value).flow_label(0xabcde).payload(8);
        from_host(inner);
        const std::uint8_t ecn = value & 3U; // RFC 6040, normal mode: copied
        expected.push_back(outside_frame(tunnel(out(), inner, {.traffic_class = ecn})));
    }
    expect_sent(Side::external, expected);
}

TEST_F(Encapsulation, ShowsTheWholeTrafficClassWhereTheStreamSaysSo) {
    config.streams[0].options.copy_dscp = true;
    start();
    for (const std::uint8_t value : std::initializer_list<std::uint8_t>{0x00, 0xb8, 0x2a, 0xff}) {
        const Octets inner = to_bob(udp6()).traffic_class(value).payload(8);
        from_host(inner);
        expect_tunnelled(inner, {.traffic_class = value});
    }
}

TEST_F(Encapsulation, SendsNoFlowLabelWhereTheStreamHasItOff) {
    config.streams[0].options.flow_labels = false;
    start();
    const Octets inner = to_bob(udp6()).flow_label(0x12345).payload(9);
    from_host(inner);
    expect_tunnelled(inner);
    EXPECT_EQ(out().flow_label, 0U);
}

TEST_F(Encapsulation, SaysTheKeyStateByThePort) {
    config.streams[0].options.base_port = 65532;
    start();
    for (std::uint8_t state = 0; state < key_states; ++state) {
        site->gateway().streams().context(0).key_state = state;
        const Octets inner = to_bob(udp6()).payload(10);
        from_host(inner);
        expect_tunnelled(inner, {.destination_port = static_cast<std::uint16_t>(65532 + state)});
    }
}

TEST_F(Encapsulation, LeavesOutWhatTheLinkPadded) {
    start();
    const Octets inner = to_bob(udp6()).payload(1);
    for (const std::size_t padding : {1U, 5U, 46U, 200U}) {
        from_host(inner + pattern(padding));
        expect_tunnelled(inner);
    }
}

TEST_F(Encapsulation, TakesFramesForItselfAndForGroupsAlone) {
    start();
    const Octets inner = to_bob(udp6()).payload(1);
    site->receive(Side::internal, frame(mac("33:33:00:00:00:01"), alice().mac, inner));
    expect_tunnelled(inner);
    site->receive(Side::internal, frame(stranger_mac(), alice().mac, inner));
    expect_dropped(Side::internal, Reason::not_for_us);
    site->receive(Side::internal, frame(TestGateway::external_mac, alice().mac, inner));
    expect_dropped(Side::internal, Reason::not_for_us);
}

TEST_F(Encapsulation, NeverSendsAHostsMacOutside) {
    start();
    from_host(to_bob(udp6()).payload(33));
    from_host(to_bob(tcp6()).payload(pattern(34)));
    site->settle();
    for (const Octets& sent : site->take_sent(Side::external)) {
        EXPECT_EQ(hex(sent).find(hex(octets(alice().mac))), std::string::npos);
        EXPECT_EQ(slice(sent, 6, 6), octets(TestGateway::external_mac));
    }
}

TEST_F(Encapsulation, KeepsManyStreamsApart) {
    config = many_streams(300); // more than control prepares in one step
    start();
    std::vector<Octets> expected;
    for (std::size_t i = 0; i < config.streams.size(); ++i) {
        const Octets inner = to_bob(udp6(), i).payload(i % 64);
        from_host(inner);
        expected.push_back(outside_frame(tunnel(out(i), inner)));
    }
    expect_sent(Side::external, expected);
}

TEST_F(Encapsulation, CarriesAPacketWhoseInnerChecksumIsWrongToTheSameEnd) {
    start();
    from_host(to_bob(udp6()).checksum(0x1234).payload(20));
    site->settle();
    const std::vector<Octets> sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    // The peer's gateway drops what its host would have dropped: shown by the outer checksum.
    const Octets datagram = slice(sent[0], 54);
    EXPECT_NE(internet_checksum(out().source, out().destination, protocol::udp, datagram), 0);
}

} // namespace
} // namespace mt6d::test
