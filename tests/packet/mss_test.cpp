// SPDX-License-Identifier: BSD-3-Clause
// The MSS of TCP connections that pass (docs/protocol.md, section 8.1): lowered to the inner MTU
// less 60, in both directions, and nothing else of a segment changed.
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t syn_ack = 0x12;
constexpr std::uint8_t ack = 0x10;

class Mss : public GatewayTest {
protected:
    // A segment with these flags and options; the latter a multiple of 4 bytes.
    static Octets segment(std::uint8_t flags, const Octets& options) {
        Octets tcp{0xc0, 1, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0};
        tcp.push_back(static_cast<std::uint8_t>((5 + options.size() / 4) << 4U));
        tcp.push_back(flags);
        append(tcp, 64240, 2); // window
        append(tcp, 0, 4);     // checksum, urgent pointer
        return tcp + options;
    }
    static Octets checksummed(Packet packet, const Ipv6Address& from, const Ipv6Address& to,
                              Octets tcp) {
        write(tcp, 16, internet_checksum(from, to, protocol::tcp, tcp), 2);
        return packet.from(from).to(to).payload(tcp);
    }
    [[nodiscard]] static Octets from_alice(const Octets& tcp) {
        return checksummed(packet_of(protocol::tcp), alice().address, bob().address, tcp);
    }
    [[nodiscard]] static Octets from_bob(const Octets& tcp) {
        return checksummed(packet_of(protocol::tcp), bob().address, alice().address, tcp);
    }
    static Octets mss(std::uint16_t value) {
        Octets option{2, 4};
        append(option, value, 2);
        return option;
    }
    void expect_unchanged(const Octets& inner) {
        from_host(inner);
        expect_tunnelled(inner);
    }
};

const Octets nop{1};
const Octets sack_permitted{4, 2};
const Octets window_scale{3, 3, 7};

constexpr std::uint16_t largest = 1500 - 16 - 60;
using Values = std::initializer_list<std::uint16_t>;

TEST_F(Mss, IsLoweredInBothDirections) {
    start();
    for (const std::uint8_t flags : {syn, syn_ack}) {
        from_host(from_alice(segment(flags, mss(1440))));
        expect_tunnelled(from_alice(segment(flags, mss(largest))));
        from_network(tunnel(in(), from_bob(segment(flags, mss(9000)))));
        expect_delivered(from_bob(segment(flags, mss(largest))));
    }
}

TEST_F(Mss, IsLoweredWhereverTheOptionStands) {
    start();
    const std::vector<std::pair<Octets, Octets>> around{
        {sack_permitted + nop + nop, {}},
        {nop, window_scale}, // at an odd place
        {sack_permitted + nop, window_scale + sack_permitted},
        {window_scale, nop + nop + nop + nop + nop}, // at an odd place
        {{}, Octets{0, 0, 0, 0}},                    // end of options
    };
    for (const auto& [before, after] : around) {
        for (const std::uint16_t value : Values{0xffff, 1440, largest + 1}) {
            from_host(from_alice(segment(syn, before + mss(value) + after)));
            expect_tunnelled(from_alice(segment(syn, before + mss(largest) + after)));
        }
    }
}

TEST_F(Mss, FollowsTheCipherAndThePathMtu) {
    struct Row {
        Cipher cipher;
        std::uint16_t mtu;
        std::uint16_t most;
    };
    std::uint64_t number = 0;
    for (const Row& row :
         {Row{Cipher::aes_256_cbc, 1500, 1472 - 60}, Row{Cipher::aes_256_gcm, 1500, 1452 - 60},
          Row{Cipher::aes_256_gcm, 1400, 1352 - 60}}) {
        use_cipher(row.cipher);
        shape.mtu[1] = row.mtu;
        start();
        from_network(sealed_tunnel(in(), ++number, from_bob(segment(syn_ack, mss(1460)))));
        expect_delivered(from_bob(segment(syn_ack, mss(row.most))));
    }
}

TEST_F(Mss, IsNeverRaised) {
    start();
    for (const std::uint16_t value : Values{0, 1, 536, 1220, largest}) {
        expect_unchanged(from_alice(segment(syn, mss(value))));
    }
}

TEST_F(Mss, OfOtherSegmentsStaysAsItIs) {
    start();
    expect_unchanged(from_alice(segment(ack, mss(1460))));
    expect_unchanged(from_alice(segment(syn, {})));
    expect_unchanged(from_alice(segment(syn, Octets{2, 3, 0xff, 0xff})));       // no such option
    expect_unchanged(from_alice(segment(syn, Octets{4, 0, 2, 4} + mss(1460)))); // length 0
    expect_unchanged(from_alice(segment(syn, Octets{0, 0, 0, 0} + mss(1460)))); // behind the end
    expect_unchanged(from_alice(segment(syn, Octets{1, 1, 2, 4})));             // cut off
    expect_unchanged(from_alice(segment(syn, Octets{1, 1, 1, 2})));             // likewise
    Octets short_header = segment(syn, mss(1460));
    short_header[12] = 0x40; // 16 bytes
    expect_unchanged(from_alice(short_header));
    short_header[12] = 0xf0; // more than there is
    expect_unchanged(from_alice(short_header));
}

TEST_F(Mss, StaysAsItIsWhereTheStreamSaysSo) {
    config.streams[0].options.lower_mss = false;
    start();
    expect_unchanged(from_alice(segment(syn, mss(1460))));
    from_network(tunnel(in(), from_bob(segment(syn, mss(1460)))));
    expect_delivered(from_bob(segment(syn, mss(1460))));
}

} // namespace
} // namespace mt6d::test
