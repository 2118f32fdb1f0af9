// SPDX-License-Identifier: BSD-3-Clause
// The outer UDP checksum made without reading the payload equals the one made by reading it, and
// the vectorised sum equals the plain one.
#include "dataplane/checksum.hpp"
#include "dataplane/encap.hpp"
#include "gateway_fixture.hpp"

#include <random>

namespace mt6d::test {
namespace {

Octets random_bytes(std::mt19937& random, std::size_t size) {
    Octets bytes(size);
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random());
    }
    return bytes;
}

TEST(PayloadSum, EqualsThePlainSumAtEveryLengthAndAlignment) {
    std::mt19937 random(1);
    const Octets bytes = random_bytes(random, 2048);
    for (std::size_t offset = 0; offset < 33; ++offset) {
        for (std::size_t length = 0; length < 300; ++length) {
            const Bytes part = Bytes(bytes).subspan(offset, length);
            ASSERT_EQ(fold(dataplane::sum_payload(part)), fold(sum_bytes(part)))
                << "offset " << offset << ", length " << length;
        }
    }
    for (const std::size_t length : {1023U, 1024U, 1447U, 1999U}) {
        const Bytes part = Bytes(bytes).subspan(3, length);
        EXPECT_EQ(fold(dataplane::sum_payload(part)), fold(sum_bytes(part)));
    }
}

TEST(PayloadSum, LosesNoCarry) {
    const Octets ones(65535, 0xff);
    const Octets zeros(65535, 0);
    for (std::size_t length = 0; length <= ones.size(); length += length < 200 ? 1 : 997) {
        const Bytes part = Bytes(ones).first(length);
        EXPECT_EQ(fold(dataplane::sum_payload(part)), fold(sum_bytes(part))) << length;
        if (length > 0 && length % 2 == 0) {
            EXPECT_EQ(fold(dataplane::sum_payload(part)), 0xffff) << length;
        }
        EXPECT_EQ(dataplane::sum_payload(Bytes(zeros).first(length)), 0U);
    }
}

TEST(PlainSum, IsThatOfRfc1071) {
    std::mt19937 random(2);
    for (std::size_t length = 0; length < 200; ++length) {
        const Octets bytes = random_bytes(random, length);
        const Ipv6Header ipv6{be32_t(0x60000000U), be16_t(0),    17, 64,
                              alice().address,     bob().address};
        EXPECT_EQ(dataplane::checksum_of(ipv6, 17, bytes).value(),
                  internet_checksum(alice().address, bob().address, 17, bytes));
    }
}

// Sums are equal modulo 0xffff: 0 and 0xffff are one value.
std::uint16_t residue(std::uint16_t sum) {
    return static_cast<std::uint16_t>(sum % 0xffffU);
}

TEST(ClearSum, EqualsTheFullSumForRandomPackets) {
    std::mt19937 random(3);
    const std::uint16_t pair = fold(sum_addresses(alice().address, bob().address));
    for (int i = 0; i < 20'000; ++i) {
        const std::array<Packet, 6> kinds{udp6(),   tcp6(),         icmp6(128),
                                          icmp6(1), packet_of(253), udp6().checksum(0)};
        Packet packet = kinds[random() % kinds.size()];
        packet.from(alice().address)
            .to(bob().address)
            .traffic_class(static_cast<std::uint8_t>(random()))
            .flow_label(random() & 0xfffffU)
            .hop_limit(static_cast<std::uint8_t>(random()))
            .payload(random_bytes(random, random() % 100));
        if (random() % 8 == 0) {
            packet.extension(protocol::destination_options, padding_header());
        }
        const Octets bytes = frame(TestGateway::internal_mac, alice().mac, packet);
        const auto view = parse_frame(bytes);
        ASSERT_TRUE(view);
        EXPECT_EQ(residue(dataplane::sum_clear(*view, pair)),
                  residue(fold(sum_bytes(clear_of(packet)))))
            << hex(packet);
    }
}

using OuterChecksum = GatewayTest;

TEST_F(OuterChecksum, IsExactForRandomPacketsOfEveryKind) {
    start();
    std::mt19937 random(4);
    for (int round = 0; round < 30; ++round) {
        std::vector<Octets> expected;
        for (int i = 0; i < 100; ++i) {
            const std::array<Packet, 5> kinds{udp6(), tcp6(), icmp6(129), packet_of(254),
                                              udp6().checksum(0)};
            const Octets inner = to_bob(kinds[random() % kinds.size()])
                                     .payload(random_bytes(random, random() % 1400));
            from_host(inner);
            expected.push_back(outside_frame(tunnel(out(), inner)));
        }
        expect_sent(Side::external, expected);
    }
}

TEST_F(OuterChecksum, DoesNotTrustAnInnerUdpLengthThatIsWrong) {
    start();
    for (const std::uint16_t length : std::vector<std::uint16_t>{0, 8, 27, 29, 65535}) {
        Octets inner = to_bob(udp6()).payload(20);
        write(inner, 44, length, 2);
        from_host(inner);
        expect_tunnelled(inner);
    }
}

TEST_F(OuterChecksum, ThatComesOutAsZeroIsSentAsAllOnes) {
    start();
    Octets inner = to_bob(packet_of(253)).payload(Octets{0, 0});
    const Octets plain = tunnel(out(), inner);
    write(inner, 40, read(plain, 46, 2), 2); // makes the sum all ones
    const Octets outer = tunnel(out(), inner);
    ASSERT_EQ(read(outer, 46, 2), 0xffffU);
    from_host(inner);
    expect_tunnelled(inner);
    Octets inner_in = to_alice(packet_of(253)).payload(Octets{0, 0});
    write(inner_in, 40, read(tunnel(in(), inner_in), 46, 2), 2);
    ASSERT_EQ(read(tunnel(in(), inner_in), 46, 2), 0xffffU);
    from_network(tunnel(in(), inner_in));
    expect_delivered(inner_in);
}

} // namespace
} // namespace mt6d::test
