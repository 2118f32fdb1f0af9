// SPDX-License-Identifier: BSD-3-Clause
// Why a packet went nowhere. One list feeds the enum, the counters, what the operator reads and
// the documentation. Over both ports: packets received + packets that the gateway originated =
// packets sent + the sum of these.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mt6d {

// `drop`: a packet lost or refused. `consumed`: a packet for the gateway itself, acted on.
enum class ReasonKind : std::uint8_t { drop, consumed };

// X(kind, symbol, sentence)
#define MT6D_REASONS(X)                                                                            \
    /* any frame */                                                                                \
    X(drop, frame_segmented, "The frame came in several buffers: larger than the MTU allows.")     \
    X(drop, frame_truncated, "The frame ends inside its Ethernet or IPv6 header.")                 \
    X(drop, not_for_us, "The frame is addressed to another station.")                              \
    X(drop, vlan_tagged, "The frame carries a VLAN tag.")                                          \
    X(drop, not_ipv6, "The frame is not IPv6.")                                                    \
    X(drop, ip_version, "The EtherType says IPv6, the version field does not.")                    \
    X(drop, payload_length, "The IPv6 payload length exceeds the frame.")                          \
    X(drop, jumbo_payload, "The packet is a jumbogram (payload length 0, options).")               \
    X(drop, header_chain, "The chain of extension headers is cut off or too long.")                \
    X(drop, forwarding_stopped, "The operator has stopped forwarding.")                            \
    X(drop, unprotected, "No stream has this pair of addresses.")                                  \
    X(drop, stream_disabled, "The operator has disabled the packet's stream, or replaces it.")     \
    /* outside the tunnel (section 10) */                                                          \
    X(drop, protected_remote, "To a stream's remote host, from no host of that stream: told so.")  \
    X(drop, protected_pair, "A stream's true pair of addresses outside the tunnel.")               \
    X(drop, to_gateway, "The packet is for the gateway itself, which talks to nobody.")            \
    X(drop, not_for_hosts, "A multicast packet for routers, or from one side back to it.")         \
    X(drop, proxy_too_big, "An unprotected packet larger than the other port's MTU.")              \
    X(drop, neighbor_unknown, "An unprotected packet's next hop is being looked for.")             \
    /* from a host into the tunnel */                                                              \
    X(drop, hop_limit_zero, "A host's packet has hop limit 0.")                                    \
    X(drop, packet_too_big, "Larger than the stream's inner MTU: told the host so.")               \
    X(drop, packet_too_big_silent, "Larger than the stream's inner MTU: no answer is due.")        \
    X(drop, number_exhausted, "All 2^24 numbers of this salt are used (aes-256-cbc).")             \
    X(drop, number_unrecorded, "The numbers ahead are not on the disk yet.")                       \
    X(drop, route_not_ready, "The stream has no route for the active salt.")                       \
    X(drop, next_hop_unresolved, "The next hop has not answered and enough packets wait.")         \
    X(drop, next_hop_unreachable, "The next hop does not answer solicitations.")                   \
    /* from the tunnel to a host */                                                                \
    X(drop, route_expired, "The tunnel packet's route has ended.")                                 \
    X(drop, route_early, "The tunnel packet's route is not live yet.")                             \
    X(drop, not_udp, "The tunnel packet carries no UDP.")                                          \
    X(drop, extension_header, "An extension header other than one of destination options.")        \
    X(drop, options_malformed, "The destination options are not well formed.")                     \
    X(drop, option_unknown, "The destination options hold an unknown option.")                     \
    X(drop, option_repeated, "The destination options hold an option twice.")                      \
    X(drop, key_option_misplaced, "A key option outside a control packet.")                        \
    X(drop, cipher_mismatch, "Encrypted otherwise than the stream is configured.")                 \
    X(drop, cipher_malformed, "The encrypted payload's length, padding or number is impossible.")  \
    X(drop, cipher_tag, "The tag is wrong: changed on the way, or sealed with another key.")       \
    X(drop, replayed, "The packet's number was accepted before, or is behind the window.")         \
    X(drop, udp_length, "The UDP length differs from what the IPv6 header leaves.")                \
    X(drop, udp_port, "The UDP destination port is none of the stream's.")                         \
    X(drop, udp_checksum_zero, "The UDP checksum is zero.")                                        \
    X(drop, udp_checksum, "The UDP checksum is wrong.")                                            \
    X(drop, inner_truncated, "The payload is shorter than an inner header.")                       \
    X(drop, inner_version, "The inner packet's version is not 6.")                                 \
    X(drop, inner_length, "The inner payload length does not match what is there.")                \
    X(drop, inner_header_chain, "The inner packet's extension headers are cut off or too long.")   \
    X(drop, inner_discovery, "The inner packet is neighbour discovery.")                           \
    X(drop, congestion_marked, "Congestion marked outside, not ECN-capable inside (RFC 6040).")    \
    X(drop, inner_too_big, "The inner packet exceeds the internal port's MTU.")                    \
    X(consumed, control_packet, "A control packet of the peer.")                                   \
    X(consumed, key_message, "A key exchange message, passed to the stream's key exchange.")       \
    X(drop, key_unwanted, "A key exchange message on a stream that exchanges no keys.")            \
    X(drop, key_malformed, "A key option that is longer than any message of key exchange.")        \
    X(drop, key_too_many, "More key exchange messages within a second than a peer sends.")         \
    X(drop, epoch_ended, "Data under the configured key, which is not the current one any more.")  \
    /* errors from the path (section 8.2) */                                                       \
    X(drop, error_malformed, "An ICMPv6 error that is cut off, or from an impossible address.")    \
    X(drop, error_checksum, "An ICMPv6 error with a wrong checksum.")                              \
    X(drop, error_not_ours, "An ICMPv6 error about a packet that this gateway did not send.")      \
    X(drop, error_stale, "An ICMPv6 error about a route that is not live.")                        \
    X(drop, error_cut, "An ICMPv6 error that quotes too little to find the inner packet.")         \
    X(drop, error_unreadable, "An ICMPv6 error whose quote holds no inner packet.")                \
    X(drop, error_about_error, "An ICMPv6 error about an ICMPv6 error.")                           \
    X(consumed, error_translated, "An ICMPv6 error, translated for the host.")                     \
    X(consumed, error_about_control, "An ICMPv6 error about a control packet of this gateway.")    \
    X(consumed, error_learned, "A Packet Too Big about what now passes in fragments.")             \
    /* fragments of tunnel packets (section 8.1) */                                                \
    X(drop, fragment_malformed, "A fragment whose length or place is impossible.")                 \
    X(drop, fragment_conflict,                                                                     \
      "Fragments that overlap, come twice, or are too many of one packet.")                        \
    X(drop, fragment_too_long, "The fragments together exceed 1500 bytes.")                        \
    X(drop, fragment_timeout, "The other fragments did not come within 2 s.")                      \
    X(drop, fragment_limit, "Too many fragments of this stream, or of all, wait for others.")      \
    X(consumed, fragment_joined, "A fragment, joined with the first one of its packet.")           \
    /* neighbour discovery */                                                                      \
    X(drop, discovery_fragmented, "Neighbour discovery in a fragment (RFC 6980).")                 \
    X(drop, discovery_hop_limit, "Neighbour discovery with a hop limit other than 255.")           \
    X(drop, discovery_checksum, "Neighbour discovery with a wrong checksum.")                      \
    X(drop, discovery_malformed, "Neighbour discovery that breaks RFC 4861's rules of form.")      \
    X(drop, discovery_not_ours, "A solicitation for an address that is not answered for here.")    \
    X(drop, discovery_unsolicited, "An advertisement or news of a neighbour never asked about.")   \
    X(drop, discovery_unhandled, "Router discovery from hosts, or a redirect for the gateway.")    \
    X(drop, discovery_too_big, "Too large for the internal port with the options that it needs.")  \
    X(drop, discovery_proxied, "A router advertisement that another proxy sent on (RFC 4389).")    \
    X(consumed, discovery_answered, "A solicitation, answered.")                                   \
    X(consumed, discovery_heard, "An advertisement, passed to the neighbour cache.")               \
    X(consumed, listener_query, "A query for listeners, passed to the gateway's own.")             \
    X(consumed, router_solicited, "A host asked for routers: the gateway asks in its place.")      \
    /* resources */                                                                                \
    X(drop, no_buffer, "No packet buffer was free.")                                               \
    X(drop, no_headroom, "The port left no room before the frame for the tunnel's headers.")       \
    X(drop, no_tailroom, "The port left no room behind the frame for padding or a tag.")           \
    X(drop, crypto_failed, "The crypto back end could not work on the packet.")                    \
    X(drop, handover_full, "The owning worker's queue was full.")                                  \
    X(drop, transmit_full, "The port took no more packets.")                                       \
    X(drop, event_queue_full, "The control lcore was behind.")                                     \
    X(drop, stopping, "Still waiting when the gateway ended.")

enum class Reason : std::uint8_t {
#define MT6D_X(kind, symbol, sentence) symbol,
    MT6D_REASONS(MT6D_X)
#undef MT6D_X
};

struct ReasonText {
    ReasonKind kind;
    std::string_view symbol;
    std::string_view sentence;
};

inline constexpr std::array reason_texts{
#define MT6D_X(kind, symbol, sentence) ReasonText{ReasonKind::kind, #symbol, sentence},
    MT6D_REASONS(MT6D_X)
#undef MT6D_X
};

inline constexpr std::size_t reason_count = reason_texts.size();

constexpr const ReasonText& text(Reason reason) {
    return reason_texts[static_cast<std::size_t>(reason)];
}

} // namespace mt6d
