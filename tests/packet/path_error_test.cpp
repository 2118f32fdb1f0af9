// SPDX-License-Identifier: BSD-3-Clause
// docs/protocol.md, section 8.2: ICMPv6 errors about tunnel packets become errors about the hosts'
// packets, with each cipher and crypto back end. What reaches the host is compared byte for byte,
// so nothing hashed is in it.
#include "crypto_backends.hpp"
#include "path_error_fixture.hpp"

namespace mt6d::test {
namespace {

// One that cannot open packets of this cipher.
bool is_possible(const CryptoChoice& choice, Cipher cipher) {
    return cipher != Cipher::aes_256_gcm || choice.opens_gcm;
}

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

} // namespace
} // namespace mt6d::test
