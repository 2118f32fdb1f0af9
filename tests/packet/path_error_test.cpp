// SPDX-License-Identifier: BSD-3-Clause
// docs/protocol.md, section 8.2: ICMPv6 errors about tunnel packets become errors about the hosts'
// packets, with each cipher and crypto back end. What reaches the host is compared byte for byte,
// so nothing hashed is in it.
#include "crypto_backends.hpp"
#include "gateway_fixture.hpp"

#include <algorithm>

namespace mt6d::test {
namespace {

// One that cannot open packets of this cipher.
bool is_possible(const CryptoChoice& choice, Cipher cipher) {
    return cipher != Cipher::aes_256_gcm || choice.opens_gcm;
}

class PathErrors : public GatewayTest {
protected:
    PathErrors() {
        stream_options().rotation = 3600; // one route throughout
        stream_options().lifetime = 7200;
    }
    config::StreamOptions& stream_options() { return config.streams[0].options; }
    [[nodiscard]] Cipher cipher() const { return stream().options.cipher; }

    // The tunnel packet that `inner` leaves as.
    Octets sent(const Octets& inner) {
        from_host(inner);
        site->settle();
        const auto frames = site->take_sent(Side::external);
        EXPECT_EQ(frames.size(), 1U);
        return frames.empty() ? Octets{} : slice(frames[0], 14);
    }
    [[nodiscard]] Octets data(std::size_t size = 300) const { return to_bob(udp6()).payload(size); }
    static Ipv6Address far_router() { return address("2001:db8:ffff::1"); }

    // What a router of the path says of `quote`.
    [[nodiscard]] Packet error(std::uint8_t type, std::uint8_t code, std::uint32_t parameter,
                               const Octets& quote) const {
        Octets body;
        append(body, parameter, 4);
        return icmp6(type, code)
            .from(far_router())
            .to(out().source)
            .hop_limit(57)
            .payload(body + slice(quote, 0, 1232));
    }
    // What alice is to hear of it.
    [[nodiscard]] Octets told(std::uint8_t type, std::uint8_t code, std::uint32_t parameter,
                              const Octets& inner, const Ipv6Address& from = far_router()) const {
        Octets body;
        append(body, parameter, 4);
        return host_frame(
            icmp6(type, code).from(from).to(alice().address).hop_limit(57).payload(body + inner));
    }
    void expect_told(const Octets& frame) {
        expect({frame}, {}, {{"external error_translated", 1}});
    }
    void expect_only(const char* reason) {
        expect({}, {}, {{std::string("external ") + reason, 1}});
    }
    // Of so many bytes of a tunnel packet: how many of `inner` can be told. 0: no whole header.
    [[nodiscard]] std::size_t readable(std::size_t quoted, std::size_t inner) const {
        const std::size_t before = cipher() == Cipher::none          ? 48
                                   : cipher() == Cipher::aes_256_cbc ? 56
                                                                     : 64;
        std::size_t text = quoted > before ? quoted - before : 0;
        if (cipher() == Cipher::aes_256_cbc) {
            text = text / 16 * 16;
        }
        return text < 8 ? 0 : std::min(inner, text + 32);
    }
};

struct Combination {
    CryptoChoice choice;
    Cipher cipher;
};

std::vector<Combination> combinations() {
    std::vector<Combination> all{{crypto_choices().front(), Cipher::none}};
    for (const CryptoChoice& choice : crypto_choices()) {
        for (const Cipher cipher : {Cipher::aes_256_cbc, Cipher::aes_256_gcm}) {
            if (is_possible(choice, cipher)) {
                all.push_back({choice, cipher});
            }
        }
    }
    return all;
}

class TranslatedErrors : public PathErrors, public testing::WithParamInterface<Combination> {
protected:
    TranslatedErrors() {
        use_cipher(GetParam().cipher);
        use_crypto(config, GetParam().choice);
    }
};

std::string name_of(const testing::TestParamInfo<Combination>& parameter) {
    const Combination& all = parameter.param;
    return all.cipher == Cipher::none
               ? "InTheClear"
               : std::string(all.choice.name) + (all.cipher == Cipher::aes_256_cbc ? "Cbc" : "Gcm");
}

INSTANTIATE_TEST_SUITE_P(Each, TranslatedErrors, testing::ValuesIn(combinations()), name_of);

TEST_P(TranslatedErrors, KeepTypeCodeAndSourceAndQuoteTheInnerPacket) {
    start();
    const std::vector<std::pair<std::uint8_t, std::uint8_t>> kinds{{1, 0}, {1, 1}, {1, 3}, {1, 4},
                                                                   {1, 5}, {1, 6}, {3, 0}, {3, 1}};
    for (const auto& [type, code] : kinds) {
        const Octets inner = data();
        from_network(error(type, code, 0, sent(inner)));
        expect_told(told(type, code, 0, inner));
    }
}

TEST_P(TranslatedErrors, QuoteAsMuchAsCanBeReadAndNothingElse) {
    start();
    const Octets inner = data(77);
    const Octets packet = sent(inner);
    for (std::size_t quoted = 0; quoted <= packet.size(); ++quoted) {
        SCOPED_TRACE(quoted);
        from_network(error(3, 0, 0, slice(packet, 0, quoted)));
        const std::size_t count = readable(quoted, inner.size());
        if (count >= 40) {
            expect_told(told(3, 0, 0, slice(inner, 0, count)));
        } else if (quoted < 40) {
            expect_only("error_malformed");
        } else {
            expect_only("error_cut");
        }
    }
}

TEST_P(TranslatedErrors, FillTheMinimumMtuAtMost) {
    start();
    const Octets inner = data(1300);
    const Octets packet = sent(inner);
    Octets body(4);
    // A router that does not keep to 1280 bytes itself.
    from_network(
        icmp6(1, 3).from(far_router()).to(out().source).hop_limit(57).payload(body + packet));
    expect_told(told(1, 3, 0, slice(inner, 0, 1232)));
    from_network(error(1, 3, 0, packet));
    expect_told(told(1, 3, 0, slice(inner, 0, readable(1232, inner.size()))));
}

TEST_P(TranslatedErrors, AreOfAFirstFragmentToo) {
    shape.mtu[1] = 1280;
    start();
    const Octets inner = data(1280 - 48);
    from_host(inner);
    site->settle();
    const auto frames = site->take_sent(Side::external);
    ASSERT_EQ(frames.size(), 2U);
    from_network(error(1, 3, 0, slice(frames[0], 14)));
    expect_told(told(1, 3, 0, slice(inner, 0, readable(1224, inner.size()))));
    from_network(error(1, 3, 0, slice(frames[1], 14)));
    expect_only("error_cut");
}

TEST_P(TranslatedErrors, DoNotMindWhatThePathChangesInAPacket) {
    start();
    const Octets inner = data();
    Octets packet = sent(inner);
    packet[0] |= 0x0a; // class
    packet[1] |= 0xc0;
    packet[7] = 1; // hop limit
    from_network(error(3, 0, 0, packet));
    expect_told(told(3, 0, 0, inner));
}

TEST_P(TranslatedErrors, AboutControlPacketsAreConsumed) {
    start();
    const Octets inner = control_packet(alice().address, bob().address);
    const Octets packet =
        cipher() == Cipher::none ? tunnel(out(), inner) : sealed_tunnel(out(), 5, inner);
    from_network(error(1, 3, 0, packet));
    expect_only("error_about_control");
    from_network(error(2, 0, 1400, packet));
    expect_only("error_about_control");
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1400U);
}

TEST_P(TranslatedErrors, AreNeverAboutAnError) {
    start();
    from_network(error(1, 3, 0, sent(to_bob(icmp6(1, 4)).payload(100))));
    expect_only("error_about_error");
    const Octets ping = to_bob(icmp6(128)).payload(100);
    from_network(error(1, 3, 0, sent(ping)));
    expect_told(told(1, 3, 0, ping));
}

TEST_P(TranslatedErrors, OfParameterProblemsPointIntoTheInnerPacketOrNowhere) {
    start();
    const Octets inner = data();
    const Octets packet = sent(inner);
    for (const std::uint32_t pointer :
         {0U, 6U, 8U, 24U, 40U, 47U, 48U, 54U, 55U, 56U, 60U, 1000U}) {
        SCOPED_TRACE(pointer);
        from_network(error(4, 1, pointer, packet));
        if (cipher() == Cipher::none && pointer >= 48) {
            // The inner header's first 8 bytes, then what follows its addresses.
            const std::uint32_t inside = pointer < 56 ? pointer - 48 : pointer - 16;
            expect_told(told(4, 1, inside, inner));
        } else {
            expect_told(told(1, 3, 0, inner));
        }
    }
}

TEST_P(TranslatedErrors, LeaveOutWhatRoutersAppend) {
    start();
    const Octets inner = data(20);
    const Octets packet = sent(inner);
    Octets quote = packet;
    quote.resize((quote.size() + 7) / 8 * 8); // RFC 4884: the length is in units of 8 bytes
    const auto length = static_cast<std::uint32_t>(quote.size() / 8) << 24U;
    from_network(error(3, 0, length, quote + pattern(60)));
    expect_told(told(3, 0, 0, inner));
}

TEST_P(TranslatedErrors, OfPacketTooBigLowerThePathMtuAndTellTheHost) {
    start();
    const std::uint32_t before = inner_mtu(1500, cipher());
    const Octets largest = data(before - 48);
    const Octets packet = sent(largest);
    const std::uint32_t fits = inner_mtu(1400, cipher());
    from_network(error(2, 0, 1400, packet));
    expect_told(told(2, 0, fits, slice(largest, 0, readable(1232, largest.size()))));
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1400U);
    // What fits passes, and a byte more is answered here.
    const Octets next = sent(data(fits - 48));
    EXPECT_LE(next.size(), 1400U);
    from_host(data(fits - 47));
    site->settle();
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"internal packet_too_big", 1}}));
    const auto answers = site->take_sent(Side::internal);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(read(answers[0], 14 + 44, 4), fits);
}

TEST_P(TranslatedErrors, OfPacketTooBigGoNoLowerThanTheMinimum) {
    start();
    const Octets larger = data(1300 - 48);
    const Octets packet = sent(larger);
    from_network(error(2, 0, 600, packet));
    expect_told(told(2, 0, 1280, slice(larger, 0, readable(1232, larger.size()))));
    EXPECT_EQ(site->statistics().streams[0].path_mtu, 1280U);
    // The one that always passes, about which its host needs to hear nothing.
    const Octets fits = data(1280 - 48);
    const Octets smaller =
        cipher() == Cipher::none ? tunnel(out(), fits) : sealed_tunnel(out(), 9, fits);
    from_network(error(2, 0, 1280, smaller));
    expect_only("error_learned");
}

// --- whatever the cipher ----------------------------------------------------------------------

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
