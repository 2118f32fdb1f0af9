// SPDX-License-Identifier: BSD-3-Clause
#include "drop_reason_rows.hpp"

namespace mt6d::test {
namespace {

const Octets encryption_option = option(0xdb, {0x10, 1, 2, 3});

Octets cut_chain(Packet packet) {
    return packet.extension(protocol::destination_options, {0, 9, 1, 4, 0, 0, 0, 0}).payload(8);
}
Octets long_chain(Packet packet) {
    for (unsigned i = 0; i <= longest_header_chain; ++i) {
        packet.extension(protocol::destination_options, padding_header());
    }
    return packet.payload(8);
}

constexpr Side host = Side::internal;
constexpr Side network = Side::external;
using T = const DropReasons&;

} // namespace

const std::vector<Row>& drop_reason_rows() {
    static const std::vector<Row> rows{
        // any frame
        {host, Reason::frame_truncated, "Runt", [](T) { return Octets(13); }},
        {network, Reason::frame_truncated, "CutIpv6",
         [](T t) { return slice(t.peer_sends(t.ordinary()), 0, 53); }},
        {host, Reason::not_for_us, "OtherStation",
         [](T t) { return frame(stranger_mac(), alice().mac, t.to_bob(udp6())); }},
        {host, Reason::vlan_tagged, "Vlan",
         [](T t) {
             return frame(TestGateway::internal_mac, alice().mac, t.to_bob(udp6()), 0x8100);
         }},
        {network, Reason::vlan_tagged, "ServiceVlan",
         [](T t) {
             return frame(TestGateway::external_mac, router_mac(), t.to_bob(udp6()), 0x88a8);
         }},
        {host, Reason::not_ipv6, "Arp",
         [](T) { return frame(mac("ff:ff:ff:ff:ff:ff"), alice().mac, pattern(46), 0x0806); }},
        {network, Reason::not_ipv6, "Ipv4",
         [](T) { return frame(TestGateway::external_mac, router_mac(), pattern(46), 0x0800); }},
        {host, Reason::ip_version, "Version4",
         [](T t) { return t.host_sends(Octets{0x45} + slice(t.to_bob(udp6()), 1)); }},
        {host, Reason::payload_length, "LongerThanFrame",
         [](T t) { return t.host_sends(t.to_bob(udp6()).payload(8).payload_length(17)); }},
        {network, Reason::payload_length, "Longest",
         [](T t) { return t.network_sends(t.to_alice(udp6()).payload_length(0xffff)); }},
        {host, Reason::jumbo_payload, "Jumbogram",
         [](T t) {
             return t.host_sends(t.to_bob(udp6())
                                     .extension(protocol::hop_by_hop, {0, 0, 0xc2, 4, 0, 1, 0, 0})
                                     .payload_length(0)
                                     .payload(32));
         }},
        {host, Reason::header_chain, "CutChain",
         [](T t) { return t.host_sends(cut_chain(t.to_bob(udp6()))); }},
        {host, Reason::header_chain, "LongChain",
         [](T t) { return t.host_sends(long_chain(t.to_bob(udp6()))); }},
        {network, Reason::header_chain, "CutOuterChain",
         [](T t) {
             return t.network_sends(
                 cut_chain(packet_of(17).from(t.in().source).to(t.in().destination)));
         }},
        {host, Reason::unprotected, "NoStream",
         [](T t) { return t.host_sends(t.to_bob(udp6()).to(address("2001:db8::77"))); }},
        {network, Reason::unprotected, "NoRoute",
         [](T t) { return t.network_sends(t.to_alice(udp6()).from(address("2001:db8::77"))); }},
        // from a host into the tunnel
        {host, Reason::hop_limit_zero, "HopLimit0",
         [](T t) { return t.host_sends(t.to_bob(udp6()).hop_limit(0)); }},
        {host, Reason::packet_too_big_silent, "OversizeError",
         [](T t) { return t.host_sends(t.to_bob(icmp6(1)).payload(1490)); }},
        // from the tunnel to a host
        {network, Reason::not_udp, "Tcp",
         [](T t) { return t.peer_sends(t.ordinary(), {.next_header = protocol::tcp}); }},
        {network, Reason::not_udp, "TcpBehindOptions",
         [](T t) {
             Octets header = options_header({});
             header[0] = protocol::tcp;
             return t.peer_sends(t.ordinary(), {.options = header});
         }},
        {network, Reason::extension_header, "TwoHeaders",
         [](T t) {
             Octets first = options_header({});
             first[0] = protocol::destination_options;
             return t.peer_sends(t.ordinary(), {.options = first + options_header({})});
         }},
        {network, Reason::extension_header, "HopByHop",
         [](T t) {
             return t.network_sends(packet_of(protocol::udp)
                                        .from(t.in().source)
                                        .to(t.in().destination)
                                        .extension(protocol::hop_by_hop, padding_header())
                                        .payload(slice(t.peer_sends(t.ordinary()), 54)));
         }},
        {network, Reason::fragment_malformed, "NoMultipleOfEight",
         [](T t) {
             return t.network_sends(packet_of(protocol::udp)
                                        .from(t.in().source)
                                        .to(t.in().destination)
                                        .extension(protocol::fragment, fragment_header(0, true))
                                        .payload(slice(t.peer_sends(t.ordinary()), 54)));
         }},
        {network, Reason::options_malformed, "OptionCut",
         [](T t) {
             return t.peer_sends(t.ordinary(), {.options = Octets{17, 0, 0xdb, 9, 0, 0, 0, 0}});
         }},
        {network, Reason::options_malformed, "TypeAlone",
         [](T t) {
             return t.peer_sends(t.ordinary(), {.options = Octets{17, 0, 1, 3, 0, 0, 0, 0xcc}});
         }},
        {network, Reason::options_malformed, "EncryptionOfWrongLength",
         [](T t) {
             return t.with_options(option(0xdb, {0x10, 1, 2}));
         }},
        {network, Reason::option_unknown, "Unknown",
         [](T t) {
             return t.with_options(option(0x1e, {1, 2}));
         }},
        {network, Reason::option_repeated, "EncryptionTwice",
         [](T t) { return t.with_options(encryption_option + encryption_option); }},
        {network, Reason::option_repeated, "KeyTwice",
         [](T t) { return t.with_options(option(0xcc, {1}) + option(0xcc, {1})); }},
        {network, Reason::key_option_misplaced, "KeyWithData",
         [](T t) {
             return t.with_options(option(0xcc, {1, 2, 3}));
         }},
        {network, Reason::cipher_mismatch, "EncryptedForAStreamInTheClear",
         [](T t) { return t.with_options(encryption_option); }},
        {network, Reason::udp_length, "UdpLengthShort",
         [](T t) { return t.peer_sends(t.ordinary(), {.udp_length = 43}); }},
        {network, Reason::udp_length, "UdpLengthLong",
         [](T t) { return t.peer_sends(t.ordinary(), {.udp_length = 45}); }},
        {network, Reason::udp_length, "NoRoomForUdp",
         [](T t) {
             return t.network_sends(
                 packet_of(17).from(t.in().source).to(t.in().destination).payload(7));
         }},
        {network, Reason::udp_port, "Port",
         [](T t) { return t.peer_sends(t.ordinary(), {.destination_port = 19770}); }},
        {network, Reason::udp_checksum_zero, "NoChecksum",
         [](T t) { return t.peer_sends(t.ordinary(), {.checksum = 0}); }},
        {network, Reason::udp_checksum, "WrongChecksum",
         [](T t) { return t.peer_sends(t.ordinary(), {.checksum = 0x1234}); }},
        {network, Reason::inner_truncated, "Empty", [](T t) { return t.peer_sends_clear({}); }},
        {network, Reason::inner_truncated, "SevenBytes",
         [](T t) { return t.peer_sends_clear(slice(clear_of(t.ordinary()), 0, 7)); }},
        {network, Reason::inner_version, "InnerVersion4",
         [](T t) { return t.inner_with(0, 0x45); }},
        {network, Reason::inner_length, "InnerLengthShort",
         [](T t) { return t.inner_with(5, 27); }},
        {network, Reason::inner_length, "InnerLengthLong", [](T t) { return t.inner_with(4, 1); }},
        {network, Reason::inner_length, "InnerJumbogram",
         [](T t) {
             Octets clear = clear_of(t.ordinary());
             clear[4] = clear[5] = clear[6] = 0;
             return t.peer_sends_clear(clear);
         }},
        {network, Reason::inner_header_chain, "InnerCutChain",
         [](T t) { return t.peer_sends(cut_chain(t.to_alice(udp6()))); }},
        {network, Reason::inner_header_chain, "InnerLongChain",
         [](T t) { return t.peer_sends(long_chain(t.to_alice(udp6()))); }},
        {network, Reason::congestion_marked, "MarkedOutsideAlone",
         [](T t) { return t.peer_sends(t.ordinary(), {.traffic_class = 3}); }},
        {network, Reason::control_packet, "ControlPacket",
         [](T t) { return t.peer_sends(control_packet(bob().address, alice().address)); }},
        {network, Reason::key_unwanted, "KeyMessage",
         [](T t) {
             return t.peer_sends(control_packet(bob().address, alice().address),
                                 {.options = options_header(option(0xcc, pattern(30)))});
         }},
        // errors from the path, and fragments
        {network, Reason::error_malformed, "Short",
         [](T t) {
             return t.path_error({0x60, 0});
         }},
        {network, Reason::error_checksum, "ErrorChecksum",
         [](T t) {
             Octets wrong = t.path_error(t.sent_to_peer());
             wrong[56] ^= 1;
             return wrong;
         }},
        {network, Reason::error_not_ours, "PeersOwnPacket",
         [](T t) { return t.path_error(tunnel(t.in(), t.ordinary())); }},
        {network, Reason::error_stale, "RouteToCome",
         [](T t) {
             const Route early = outgoing(t.stream(), t.salt() + 2);
             return t.network_sends(icmp6(1, 3)
                                        .from(address("2001:db8:f::1"))
                                        .to(early.source)
                                        .payload(Octets(4) + tunnel(early, t.to_bob(udp6()))));
         }},
        {network, Reason::error_cut, "HeaderAlone",
         [](T t) { return t.path_error(slice(t.sent_to_peer(), 0, 40)); }},
        {network, Reason::error_unreadable, "QuoteOfVersion4",
         [](T t) {
             Octets quote = t.sent_to_peer();
             quote[48] = 0x45;
             return t.path_error(quote);
         }},
        {network, Reason::error_about_error, "QuoteOfAnError",
         [](T t) { return t.path_error(tunnel(t.out(), t.to_bob(icmp6(3)).payload(50))); }},
        {network, Reason::error_about_control, "QuoteOfAControlPacket",
         [](T t) {
             return t.path_error(tunnel(t.out(), control_packet(alice().address, bob().address)));
         }},
        {network, Reason::fragment_too_long, "BeyondTheEnd",
         [](T t) {
             return t.network_sends(packet_of(protocol::udp)
                                        .from(t.in().source)
                                        .to(t.in().destination)
                                        .extension(protocol::fragment, fragment_header(1456, false))
                                        .payload(8));
         }},
        // neighbour discovery
        {host, Reason::discovery_fragmented, "SolicitationInFragment",
         [](T t) {
             return t.host_sends(
                 t.ask(bob().address).extension(protocol::fragment, fragment_header(0, true)));
         }},
        {network, Reason::discovery_fragmented, "SolicitationInAtomicFragment",
         [](T t) {
             return t.network_sends(
                 t.ask(alice().address).extension(protocol::fragment, fragment_header(0, false)));
         }},
        {host, Reason::discovery_hop_limit, "HopLimit254",
         [](T t) { return t.host_sends(t.ask(bob().address).hop_limit(254)); }},
        {network, Reason::discovery_checksum, "Checksum",
         [](T t) { return t.network_sends(t.ask(alice().address).checksum(0x4321)); }},
        {host, Reason::discovery_malformed, "MulticastTarget",
         [](T t) { return t.host_sends(t.ask(all_nodes)); }},
        {network, Reason::discovery_not_ours, "NobodysAddress",
         [](T t) { return t.network_sends(t.ask(address("2001:db8::5"))); }},
        {network, Reason::discovery_unsolicited, "StrangersAdvertisement",
         [](T) {
             return frame(TestGateway::external_mac, stranger_mac(),
                          advertisement(address("fe80::5"), all_nodes, address("fe80::5"), 0));
         }},
        {host, Reason::router_solicited, "RouterSolicitation",
         [](T t) {
             return t.host_sends(
                 icmp6(133).from(alice().address).to(address("ff02::2")).hop_limit(255).payload(4));
         }},
        {network, Reason::discovery_unhandled, "RouterSolicitationOutside",
         [](T t) {
             return t.network_sends(icmp6(133)
                                        .from(router_address())
                                        .to(address("ff02::2"))
                                        .hop_limit(255)
                                        .payload(4));
         }},
        {host, Reason::discovery_unhandled, "RouterAdvertisementInside",
         [](T t) {
             return t.host_sends(
                 icmp6(134).from(router_address()).to(all_nodes).hop_limit(255).payload(12));
         }},
        {network, Reason::discovery_unhandled, "Redirect",
         [](T t) {
             return t.network_sends(icmp6(137)
                                        .from(router_address())
                                        .to(t.in().destination)
                                        .hop_limit(255)
                                        .payload(Octets(4) + octets(address("fe80::666"))
                                                 + octets(t.out().destination)));
         }},
    };
    return rows;
}

} // namespace mt6d::test
