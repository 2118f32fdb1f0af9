// SPDX-License-Identifier: BSD-3-Clause
// Valid frames cut off at every byte, and with every byte changed, at both ports: nothing of them
// gets through that should not, and the gateway goes on.
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

class Truncation : public GatewayTest {
protected:
    [[nodiscard]] std::vector<std::pair<Side, Octets>> valid_frames() const {
        const auto host = [](const Octets& packet) {
            return std::pair(Side::internal, frame(TestGateway::internal_mac, alice().mac, packet));
        };
        const auto network = [](const Octets& packet) {
            return std::pair(Side::external,
                             frame(TestGateway::external_mac, router_mac(), packet));
        };
        const Octets chain = to_bob(udp6())
                                 .extension(protocol::hop_by_hop, padding_header())
                                 .extension(protocol::fragment, fragment_header(0, true))
                                 .payload(24);
        const Octets inner = to_alice(tcp6()).payload(11);
        return {
            host(to_bob(udp6()).payload(11)),
            host(chain),
            network(tunnel(in(), inner)),
            network(tunnel(in(), inner, {.options = options_header(option(1, Octets(9)))})),
            network(tunnel(in(), control_packet(bob().address, alice().address))),
            network(solicitation(router_address(), alice().address.solicited_node_group(),
                                 alice().address, link_layer_option(1, router_mac()))),
            host(solicitation(alice().address, bob().address, bob().address,
                              link_layer_option(1, alice().mac))),
            network(advertisement(router_address(), outside_link_local(), router_address(),
                                  0xe0000000, link_layer_option(2, router_mac()))),
        };
    }
};

TEST_F(Truncation, NoFrameCutShortGetsThroughAtEitherPort) {
    start();
    for (const auto& [side, whole] : valid_frames()) {
        for (std::size_t length = 0; length < whole.size(); ++length) {
            site->receive(side, slice(whole, 0, length));
        }
        site->settle();
        EXPECT_TRUE(site->take_sent(Side::internal).empty()) << hex(whole);
        EXPECT_TRUE(site->take_sent(Side::external).empty()) << hex(whole);
        std::uint64_t dropped = 0;
        for (const auto& [name, count] : site->take_reasons()) {
            EXPECT_EQ(name.substr(0, name.find(' ')), dataplane::name(side)) << name;
            dropped += count;
        }
        EXPECT_EQ(dropped, whole.size());
    }
}

// The IPv6 length adjusted to what is left: the cut is inside the packet then.
TEST_F(Truncation, NoPacketThatEndsEarlyIsDelivered) {
    start();
    const Octets outer = tunnel(in(), to_alice(udp6()).payload(30));
    for (std::size_t length = 40; length < outer.size(); ++length) {
        Octets cut = slice(outer, 0, length);
        write(cut, 4, length - 40, 2);
        from_network(cut);
        expect_dropped(Side::external, Reason::udp_length);
    }
    for (std::size_t length = 0; length < 60; ++length) { // UDP's length and checksum adjusted too
        from_network(
            tunnel_of_clear(in(), slice(clear_of(to_alice(udp6()).payload(60)), 0, length)));
        expect_dropped(Side::external, length < 8 ? Reason::inner_truncated : Reason::inner_length);
    }
}

// Extension headers that end inside themselves, from a host: nothing is tunnelled.
TEST_F(Truncation, NoCutHeaderChainIsTunnelled) {
    start();
    const Octets whole = to_bob(packet_of(protocol::none))
                             .extension(protocol::destination_options, Octets{0, 2} + Octets(22))
                             .extension(protocol::fragment, fragment_header(0, false));
    for (std::size_t length = 40; length < whole.size(); ++length) {
        Octets cut = slice(whole, 0, length);
        write(cut, 4, length - 40, 2);
        from_host(cut);
        expect_dropped(Side::internal, Reason::header_chain);
    }
    from_host(whole);
    expect_tunnelled(whole);
}

TEST_F(Truncation, FramesWithOneByteChangedAreAllAccountedFor) {
    start();
    for (const auto& [side, whole] : valid_frames()) {
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const std::uint8_t flip : Octets{0x01, 0x80, 0xff}) {
                Octets changed = whole;
                changed[at] = static_cast<std::uint8_t>(changed[at] ^ flip);
                site->receive(side, changed);
            }
        }
        site->settle();
        site->take_sent(Side::internal);
        site->take_sent(Side::external);
    }
    const Octets inner = to_bob(udp6()).payload(5);
    from_host(inner);
    site->settle();
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(hex(sent[0]), hex(outside_frame(tunnel(out(), inner))));
}

} // namespace
} // namespace mt6d::test
