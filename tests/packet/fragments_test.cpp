// SPDX-License-Identifier: BSD-3-Clause
// docs/protocol.md, section 8.1: a packet of at most 1280 bytes always passes, in fragments where
// it must, and the receiving gateway puts them together.
#include "gateway_fixture.hpp"

#include <algorithm>
#include <set>

namespace mt6d::test {
namespace {

class Fragments : public GatewayTest, public testing::WithParamInterface<Cipher> {
protected:
    Fragments() {
        use_cipher(GetParam());
        shape.mtu[1] = 1280;
        config.streams[0].options.rotation = 3600; // one route throughout
        config.streams[0].options.lifetime = 7200;
    }
    [[nodiscard]] Octets of_size(std::size_t size) const {
        return to_bob(udp6()).payload(size - 48);
    }
    [[nodiscard]] Octets for_alice(std::size_t size = 1280) const {
        return to_alice(udp6()).payload(size - 48);
    }
    [[nodiscard]] Octets whole(const Route& route, const Octets& inner, std::uint64_t number,
                               std::uint8_t traffic_class = 0) const {
        const TunnelForm form{.traffic_class = traffic_class};
        return GetParam() == Cipher::none ? tunnel(route, inner, form)
                                          : sealed_tunnel(route, number, inner, {.outer = form});
    }
    // The peer's, in pieces that begin at these places of what follows the IPv6 header.
    [[nodiscard]] static std::vector<Octets> cut(const Octets& packet, std::vector<std::size_t> at,
                                                 std::uint32_t id = 77) {
        at.push_back(packet.size() - 40);
        std::vector<Octets> pieces;
        for (std::size_t i = 0; i + 1 < at.size(); ++i) {
            Octets piece = slice(packet, 0, 40);
            piece[6] = protocol::fragment;
            Octets header =
                fragment_header(static_cast<std::uint16_t>(at[i]), i + 2 < at.size(), id);
            header[0] = packet[6];
            piece = piece + header + slice(packet, 40 + at[i], at[i + 1] - at[i]);
            write(piece, 4, piece.size() - 40, 2);
            pieces.push_back(piece);
        }
        return pieces;
    }
    // What the two fragments that left carry.
    static Octets joined(const Octets& first, const Octets& second) {
        Octets packet = slice(first, 0, 40);
        packet[6] = first[40];
        packet = packet + slice(first, 48) + slice(second, 48);
        write(packet, 4, packet.size() - 40, 2);
        return packet;
    }
    void receive(const std::vector<Octets>& packets) {
        for (const Octets& packet : packets) {
            from_network(packet);
        }
    }
    void expect_joined(const Octets& inner, std::uint64_t further = 1) {
        expect({host_frame(inner)}, {}, {{"external fragment_joined", further}});
    }
};

INSTANTIATE_TEST_SUITE_P(Each, Fragments,
                         testing::Values(Cipher::none, Cipher::aes_256_cbc, Cipher::aes_256_gcm),
                         [](const auto& parameter) {
                             return parameter.param == Cipher::none          ? "InTheClear"
                                    : parameter.param == Cipher::aes_256_cbc ? "Cbc"
                                                                             : "Gcm";
                         });

TEST_P(Fragments, CarryEverySizeUpTo1280AtEveryMtuThatNeedsThem) {
    for (std::uint16_t mtu = 1280; mtu <= 1328; mtu = static_cast<std::uint16_t>(mtu + 6)) {
        shape.mtu[1] = mtu;
        start();
        for (std::size_t size = 1225; size <= 1280; size += 5) {
            SCOPED_TRACE(std::to_string(mtu) + " " + std::to_string(size));
            const Octets inner = of_size(size);
            const auto originated = site->statistics().workers[0].originated;
            from_host(inner);
            site->settle();
            auto frames = site->take_sent(Side::external);
            EXPECT_TRUE(site->take_reasons().empty());
            const bool fits = tunnel_length(static_cast<std::uint32_t>(size), GetParam()) <= mtu;
            ASSERT_EQ(frames.size(), fits ? 1U : 2U);
            EXPECT_EQ(site->statistics().workers[0].originated - originated, frames.size() - 1);
            for (Octets& frame : frames) {
                EXPECT_EQ(hex(slice(frame, 0, 14)), hex(outside_frame({})));
                frame = slice(frame, 14);
                EXPECT_LE(frame.size(), mtu);
                EXPECT_EQ(read(frame, 4, 2), frame.size() - 40);
            }
            const Octets packet = fits ? frames[0] : joined(frames[0], frames[1]);
            const std::uint64_t number = GetParam() == Cipher::none ? 0 : number_of(packet);
            EXPECT_EQ(hex(packet), hex(whole(out(), inner, number)));
        }
    }
}

TEST_P(Fragments, HaveTheHeaderRightBehindIpv6AndOffsetsThatFit) {
    start();
    from_host(of_size(1280));
    site->settle();
    const auto frames = site->take_sent(Side::external);
    ASSERT_EQ(frames.size(), 2U);
    const Octets first = slice(frames[0], 14);
    const Octets second = slice(frames[1], 14);
    EXPECT_EQ(first[6], protocol::fragment);
    EXPECT_EQ(second[6], protocol::fragment);
    const std::uint8_t next =
        GetParam() == Cipher::none ? protocol::udp : protocol::destination_options;
    EXPECT_EQ(hex(slice(first, 40, 4)), hex({next, 0, 0, 1}));
    EXPECT_EQ((first.size() - 48) % 8, 0U);
    Octets wanted{next, 0};
    append(wanted, first.size() - 48, 2); // a multiple of 8: the flags are 0
    EXPECT_EQ(hex(slice(second, 40, 4)), hex(wanted));
    EXPECT_EQ(hex(slice(first, 44, 4)), hex(slice(second, 44, 4)));
}

TEST_P(Fragments, HaveIdentificationsThatNobodyCanPredict) {
    std::set<std::uint64_t> seen;
    std::set<std::uint64_t> distances;
    for (int run = 0; run < 2; ++run) { // nor are they those of the run before
        start();
        std::uint64_t before = 0;
        for (int i = 0; i < 100; ++i) {
            from_host(of_size(1280));
            site->settle();
            const auto frames = site->take_sent(Side::external);
            ASSERT_EQ(frames.size(), 2U);
            const std::uint64_t id = read(frames[0], 14 + 44, 4);
            seen.insert(id);
            distances.insert((id - before) & 0xffffffffU);
            before = id;
        }
        site.reset();
    }
    EXPECT_EQ(seen.size(), 200U);
    EXPECT_GT(distances.size(), 195U);
}

TEST_P(Fragments, ArePutTogetherInAnyOrder) {
    start();
    std::uint64_t number = 1;
    for (const std::vector<std::size_t>& at :
         {std::vector<std::size_t>{0, 1232}, {0, 8}, {0, 16, 64}, {0, 8, 16, 24, 32, 40, 48, 56}}) {
        for (const bool reversed : {false, true}) {
            SCOPED_TRACE(at.size());
            const Octets inner = for_alice();
            auto pieces = cut(whole(in(), inner, number), at, static_cast<std::uint32_t>(number));
            ++number;
            if (reversed) {
                std::reverse(pieces.begin(), pieces.end());
            }
            receive(pieces);
            expect_joined(inner, pieces.size() - 1);
        }
    }
}

TEST_P(Fragments, OfManyPacketsAtOnceAreKeptApart) {
    start();
    std::vector<Octets> firsts;
    std::vector<Octets> seconds;
    std::vector<Octets> wanted;
    for (std::uint32_t i = 0; i < 40; ++i) {
        const Octets inner = to_alice(udp6()).payload(pattern(1200, static_cast<std::uint8_t>(i)));
        const auto pieces = cut(whole(in(), inner, 1 + i), {0, 640}, i);
        firsts.push_back(pieces[0]);
        seconds.push_back(pieces[1]);
        wanted.push_back(host_frame(inner));
    }
    receive(firsts);
    receive(seconds);
    expect(wanted, {}, {{"external fragment_joined", 40}});
}

TEST_P(Fragments, AtomicOnesAreWhole) {
    start();
    const Octets inner = for_alice(500);
    receive(cut(whole(in(), inner, 1), {0}));
    expect_delivered(inner);
}

TEST_P(Fragments, PaddedByTheLinkAreCutToTheirLength) {
    start();
    const Octets inner = for_alice();
    const auto pieces = cut(whole(in(), inner, 1), {0, 1232});
    from_network(pieces[0]);
    from_network(pieces[1] + Octets(30));
    expect_joined(inner);
}

TEST_P(Fragments, MarkedForCongestionMarkTheWhole) {
    start();
    const Octets inner = to_alice(udp6()).traffic_class(2).payload(1232);
    const Octets marked = to_alice(udp6()).traffic_class(3).payload(1232);
    for (std::size_t which = 0; which < 2; ++which) {
        auto pieces = cut(whole(in(), inner, 1 + which, 2), {0, 1232});
        pieces[which][1] |= 0x30; // congestion experienced
        receive(pieces);
        expect_joined(marked);
    }
    // One that is marked and one that could not be: dropped, for congestion (RFC 3168, 5.3).
    auto pieces = cut(whole(in(), inner, 3, 3), {0, 1232});
    pieces[1][1] &= 0x0f;
    receive(pieces);
    expect({}, {}, {{"external fragment_joined", 1}, {"external congestion_marked", 1}});
}

TEST_P(Fragments, ThatOverlapAreDroppedWhole) {
    start();
    const Octets packet = whole(in(), for_alice(), 1);
    auto pieces = cut(packet, {0, 640});
    pieces.push_back(cut(packet, {0, 320})[0]);
    from_network(pieces[0]);
    from_network(pieces[2]); // the beginning again
    expect_dropped(Side::external, Reason::fragment_conflict, 2);
    // In the middle: found when as many bytes are there as the packet has.
    const auto parts = cut(packet, {0, 320, 640, 960}, 78);
    receive({parts[0], parts[1], parts[1], parts[3]});
    expect_dropped(Side::external, Reason::fragment_conflict, 4);
}

TEST_P(Fragments, ThatMakeMoreThan1500BytesAreRefused) {
    start();
    const auto pieces = cut(whole(in(), for_alice(1500), 1), {0, 1232});
    from_network(pieces[1]);
    expect_dropped(Side::external, Reason::fragment_too_long);
}

TEST_P(Fragments, OfImpossibleFormAreRefused) {
    start();
    const Octets packet = whole(in(), for_alice(), 1);
    Octets odd = cut(packet, {0, 1232})[0];
    odd.pop_back(); // no multiple of 8, and more to come
    write(odd, 4, odd.size() - 40, 2);
    Octets empty = slice(cut(packet, {0, 1232})[1], 0, 48);
    write(empty, 4, 8, 2);
    Octets beyond = cut(packet, {0, 1232})[1];
    write(beyond, 42, 0xfff8, 2);
    receive({odd, empty, beyond});
    expect_dropped(Side::external, Reason::fragment_malformed, 3);
    // A fragment within a fragment.
    Octets nested = slice(packet, 0, 40);
    nested[6] = protocol::fragment;
    nested = nested + fragment_header(0, false) + slice(packet, 40);
    write(nested, 4, nested.size() - 40, 2);
    receive(cut(nested, {0}));
    expect_dropped(Side::external, Reason::fragment_malformed);
}

TEST_P(Fragments, WhoseOthersDoNotComeAreDroppedAfterTwoSeconds) {
    start();
    from_network(cut(whole(in(), for_alice(), 1), {0, 1232})[0]);
    site->settle(1);
    expect_dropped(Side::external, Reason::fragment_timeout); // settles when it is counted
}

TEST_P(Fragments, ThatWaitAtTheEndAreCounted) {
    start();
    from_network(cut(whole(in(), for_alice(), 1), {0, 1232})[0]);
    site->settle(1);
    site->gateway().stop();
    EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"external stopping", 1}}));
}

TEST_P(Fragments, OfNobodysRouteNeverWait) {
    start();
    Route strange = in();
    ++strange.source.bytes[15];
    receive(cut(whole(strange, for_alice(), 1), {0, 1232}));
    expect_dropped(Side::external, Reason::unprotected, 2);
    const Route early = incoming(stream(), salt() + 2);
    receive(cut(whole(early, for_alice(), 1), {0, 1232}));
    expect_dropped(Side::external, Reason::route_early, 2);
}

TEST_P(Fragments, OfOneStreamTakeNoOthersPlace) {
    config = many_streams(2);
    use_cipher(GetParam());
    for (config::Stream& stream : config.streams) {
        stream.options.rotation = 3600;
        stream.options.lifetime = 7200;
    }
    start();
    const Octets flood = whole(in(0), to_alice(udp6(), 0).payload(1200), 1);
    constexpr std::uint32_t sent = 200;
    for (std::uint32_t id = 0; id < sent; ++id) {
        from_network(cut(flood, {0, 640}, id)[0]);
    }
    site->settle(dataplane::Reassembly::capacity_of_stream);
    EXPECT_EQ(site->take_reasons(),
              (ReasonCounts{
                  {"external fragment_limit", sent - dataplane::Reassembly::capacity_of_stream}}));
    const Octets inner = to_alice(udp6(), 1).payload(1200);
    receive(cut(whole(in(1), inner, 1), {0, 640}));
    site->settle(dataplane::Reassembly::capacity_of_stream);
    const auto frames = site->take_sent(Side::internal);
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(hex(frames[0]), hex(host_frame(inner)));
}

TEST_P(Fragments, AreCheckedAsIfTheyHadComeWhole) {
    start();
    Octets packet = whole(in(), for_alice(), 1);
    packet.back() ^= 1;
    receive(cut(packet, {0, 1232}));
    expect({}, {}, {{"external fragment_joined", 1}, {"external udp_checksum", 1}});
}

// What a port says of a fragment's checksum is not said of the packet's.
TEST_P(Fragments, AreNotBelievedToHaveARightChecksum) {
    start();
    Octets packet = whole(in(), for_alice(), 1);
    packet.back() ^= 1;
    for (const Octets& piece : cut(packet, {0, 1232})) {
        rte_mbuf* const mbuf = site->make(frame(TestGateway::external_mac, router_mac(), piece));
        mbuf->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
        site->receive(Side::external, mbuf);
    }
    expect({}, {}, {{"external fragment_joined", 1}, {"external udp_checksum", 1}});
}

TEST_P(Fragments, FallBackToADropWhereNoBufferIsFree) {
    rte_mempool* const pool =
        rte_pktmbuf_pool_create("scarce", 63, 0, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
    ASSERT_NE(pool, nullptr);
    shape.pool = pool;
    start();
    rte_mbuf* const packet =
        site->make(frame(TestGateway::internal_mac, alice().mac, of_size(1280)));
    std::vector<rte_mbuf*> hoard;
    while (rte_mbuf* const other = rte_pktmbuf_alloc(pool)) {
        hoard.push_back(other);
    }
    site->receive(Side::internal, packet);
    expect_dropped(Side::internal, Reason::no_buffer);
    for (rte_mbuf* const other : hoard) {
        rte_pktmbuf_free(other);
    }
    site.reset();
    rte_mempool_free(pool);
}

} // namespace
} // namespace mt6d::test
