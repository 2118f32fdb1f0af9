// SPDX-License-Identifier: BSD-3-Clause
// docs/protocol.md, section 8.2: which ICMPv6 errors are believed, whom they come from, and what
// they do to the path MTU, whatever the cipher.
#include "path_error_fixture.hpp"

namespace mt6d::test {
namespace {

TEST_F(PathErrors, FromAHashedAddressComeFromTheTrueOne) {
    start();
    const Octets inner = data();
    const Octets packet = sent(inner);
    const Route next = outgoing(stream(), salt() + 1);
    from_network(error(1, 4, 0, packet).from(out().destination));
    expect_told(told(1, 4, 0, inner, bob().address));
    from_network(error(1, 4, 0, packet).from(next.destination));
    expect_told(told(1, 4, 0, inner, bob().address));
    from_network(error(1, 4, 0, packet).from(out().source));
    expect_told(told(1, 4, 0, inner, alice().address));
}

TEST_F(PathErrors, FromAHashedAddressOfAnotherSaltOrStreamComeFromTheTrueOne) {
    config = many_streams(2);
    for (config::Stream& each : config.streams) {
        each.options.rotation = 3600;
        each.options.lifetime = 5 * 3600;
    }
    start();
    const Octets inner = data();
    const Octets packet = sent(inner);
    for (std::size_t i = 0; i < 2; ++i) {
        for (Salt at = salt() - 4; at <= salt() + 2; ++at) {
            SCOPED_TRACE(at - salt());
            from_network(error(1, 4, 0, packet).from(outgoing(stream(i), at).destination));
            expect_told(told(1, 4, 0, inner, bob().address));
        }
    }
}

TEST_F(PathErrors, FromAnyAddressOfAPrefixRoutedHereAreRefused) {
    config.streams[0].local.hashed_prefix = *Ipv6Prefix::parse("2001:db8:f::/64");
    start();
    const Octets packet = sent(data());
    for (const Salt at : {salt() - 9, salt() + 1, salt() + 9}) {
        from_network(error(1, 3, 0, packet).from(outgoing(stream(), at).source));
        expect_only("error_malformed");
    }
}

TEST_F(PathErrors, FromNobodyAreRefused) {
    start();
    const Octets packet = sent(data());
    for (const Ipv6Address& source : {Ipv6Address{}, address("ff02::1"), outside_link_local(),
                                      outgoing(stream(), salt() + 1).source}) {
        from_network(error(1, 3, 0, packet).from(source));
        expect_only("error_malformed");
    }
}

// The address of the host, of another salt, of the peer: an error goes to who sent the packet.
TEST_F(PathErrors, ToAnotherThanTheSenderAreRefused) {
    start();
    const Octets packet = sent(data());
    for (const Ipv6Address& destination :
         {alice().address, outgoing(stream(), salt() + 1).source, far_router()}) {
        from_network(error(1, 3, 0, packet).to(destination));
        expect_only("error_malformed");
    }
}

TEST_F(PathErrors, AboutOthersPacketsAreRefused) {
    start();
    const Octets inner = data();
    const Octets packet = sent(inner);
    Octets port = packet;
    ++port[41]; // source port
    from_network(error(1, 3, 0, port));
    expect_only("error_not_ours");
    write(port, 40, read(packet, 40, 2), 2);
    write(port, 42, 19766 + 4, 2);
    from_network(error(1, 3, 0, port));
    expect_only("error_not_ours");
    write(port, 42, 19766 + 3, 2); // any of the four
    from_network(error(1, 3, 0, port));
    expect_told(told(1, 3, 0, inner));
    Octets protocol = packet;
    protocol[6] = 6;
    from_network(error(1, 3, 0, protocol));
    expect_only("error_not_ours");
    // The addresses of no route, to an address that is one's.
    Octets stranger = packet;
    ++stranger[39];
    from_network(error(1, 3, 0, stranger));
    expect_only("error_not_ours");
    // What the peer sent, quoted to this side.
    from_network(error(1, 3, 0, tunnel(in(), to_alice(udp6()).payload(20))));
    expect_only("error_not_ours");
    // Types that nobody has defined.
    for (const std::uint8_t type : Octets{0, 5, 100, 127}) {
        from_network(error(type, 0, 0, packet));
        expect_only("error_not_ours");
    }
    // Encrypted, on a stream that is not.
    from_network(error(
        1, 3, 0, tunnel(out(), inner, {.options = options_header(option(0xdb, {0x10, 0, 0, 1}))})));
    expect_only("error_not_ours");
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1500U);
}

TEST_F(PathErrors, AboutOthersPacketsToAHostsOwnAddressAreUnprotectedTraffic) {
    start();
    from_network(
        error(1, 3, 0, to_bob(udp6()).from(alice().address).to(far_router())).to(alice().address));
    expect_only("unprotected");
}

TEST_F(PathErrors, WithAWrongChecksumAreRefused) {
    start();
    const Octets packet = sent(data());
    from_network(error(2, 0, 1400, packet).checksum(0x1234));
    expect_only("error_checksum");
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1500U);
}

TEST_F(PathErrors, BehindExtensionHeadersAreFound) {
    start();
    const Octets inner = data();
    from_network(error(1, 3, 0, sent(inner))
                     .extension(protocol::hop_by_hop, padding_header())
                     .extension(protocol::destination_options, padding_header()));
    expect_told(told(1, 3, 0, inner));
}

TEST_F(PathErrors, AreTranslatedAsLongAsTheRouteLives) {
    stream_options().rotation = 10;
    stream_options().lifetime = 30;
    start();
    const Octets inner = data();
    const Octets packet = sent(inner);
    const Route route = out();
    const auto late = [&] { return error(1, 3, 0, packet).to(route.source); };
    pass_seconds(20); // two rotations later it is received on still
    from_network(late());
    expect_told(told(1, 3, 0, inner));
    // The clock goes on, and the boundary's store alone: the route is in the table yet.
    pass_seconds(10);
    from_network(late());
    site->settle();
    const ReasonCounts reasons = site->take_reasons();
    EXPECT_TRUE(reasons == (ReasonCounts{{"external error_stale", 1}})
                || reasons == (ReasonCounts{{"external unprotected", 1}}));
    EXPECT_TRUE(site->take_sent(Side::internal).empty());
}

TEST_F(PathErrors, AboutAPacketOfARouteToComeAreStale) {
    start();
    const Route early = outgoing(stream(), salt() + 2); // prepared, not live
    from_network(error(1, 3, 0, tunnel(early, data())).from(far_router()).to(early.source));
    expect_only("error_stale");
}

TEST_F(PathErrors, HoldOnlyWhatIsAnIpv6Packet) {
    start();
    Octets packet = sent(data());
    packet[48] = 0x45;
    from_network(error(1, 3, 0, packet));
    expect_only("error_unreadable");
}

TEST_F(PathErrors, LowerThePathMtuOfTheirStreamAlone) {
    config = many_streams(2);
    start();
    const Octets packet = sent(to_bob(udp6(), 0).payload(1484 - 48));
    from_network(error(2, 0, 1400, packet));
    site->settle();
    site->take_sent(Side::internal);
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1400U);
    EXPECT_EQ(site->statistics().streams[1].path_mtu, 1500U);
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"external error_translated", 1}}));
}

TEST_F(PathErrors, NeverRaiseThePathMtu) {
    start();
    const Octets inner = data(1484 - 48);
    const Octets packet = sent(inner);
    from_network(error(2, 0, 1400, packet));
    expect_told(told(2, 0, 1384, slice(inner, 0, readable(1232, inner.size()))));
    from_network(error(2, 0, 1450, packet));
    expect_told(told(2, 0, 1384, slice(inner, 0, readable(1232, inner.size()))));
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1400U);
}

TEST_F(PathErrors, AreForgottenTenMinutesAfterTheLowering) {
    start();
    const Octets packet = sent(data(1484 - 48));
    from_network(error(2, 0, 1400, packet));
    site->settle();
    pass_seconds(1); // control has seen it
    pass_seconds(599);
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1400U);
    pass_seconds(1);
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1500U);
}

TEST_F(PathErrors, AreHandedToTheStreamsOwner) {
    shape.workers = 2;
    shape.queues = {2, 2};
    start();
    const Octets inner = data();
    const Octets packet = sent(inner);
    for (std::uint16_t queue = 0; queue < 2; ++queue) {
        from_network(error(1, 3, 0, packet), queue);
        expect_told(told(1, 3, 0, inner));
    }
    const Statistics statistics = site->statistics();
    EXPECT_EQ(statistics.workers[0].handed_over + statistics.workers[1].handed_over, 1U);
}

} // namespace
} // namespace mt6d::test
