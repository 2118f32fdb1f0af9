// SPDX-License-Identifier: BSD-3-Clause
// ICMPv6 errors (RFC 4443) about tunnel packets (docs/protocol.md, section 8.2), and what they
// quote: the beginning of a packet, cut off anywhere.
#pragma once

#include <mt6d/parse.hpp>

#include <algorithm>
#include <optional>

namespace mt6d {

struct ErrorView {
    const Icmpv6Error* error;
    Bytes message;            // from the ICMPv6 header on
    const Ipv6Header* quoted; // of the packet that it is about
    Bytes rest;               // what is there of what followed that header
};

// The message of an ICMPv6 packet of an error's type, however malformed; nothing: another packet.
inline std::optional<Bytes> find_error(const FrameView& frame) {
    const Bytes payload = frame.payload();
    const auto upper = find_upper_layer(frame.ipv6->next_header, payload);
    if (!upper || upper->protocol != protocol::icmpv6 || upper->later_fragment
        || upper->offset >= payload.size()
        || payload[upper->offset] >= icmpv6_type::first_informational) {
        return std::nullopt;
    }
    return payload.subspan(upper->offset);
}

// What may follow the quoted packet is left out: RFC 4884 says where that ends, in units of 8
// bytes.
inline std::size_t quoted_length(const Icmpv6Error& error, std::size_t there) {
    const std::size_t said = 8 * std::size_t{error.parameter.value() >> 24U};
    const bool can_say = error.icmp.type == icmpv6_type::destination_unreachable
                         || error.icmp.type == icmpv6_type::time_exceeded;
    return can_say && said != 0 ? std::min(there, said) : there;
}

// Form alone: neither the checksum nor what is quoted is looked at.
inline Parsed<ErrorView> parse_error(Bytes message) {
    const auto* error = view_of<Icmpv6Error>(message);
    if (error == nullptr) {
        return Reason::error_malformed;
    }
    const Bytes behind = message.subspan(sizeof(Icmpv6Error));
    const Bytes quote = behind.first(quoted_length(*error, behind.size()));
    const auto* quoted = view_of<Ipv6Header>(quote);
    if (quoted == nullptr || quoted->version() != 6) {
        return Reason::error_malformed;
    }
    return ErrorView{error, message, quoted, quote.subspan(sizeof(Ipv6Header))};
}

// A tunnel packet of this gateway, as far as it was quoted.
struct QuoteView {
    const UdpHeader* udp;
    std::optional<EncryptionOption> encryption;
    Bytes payload;             // of UDP, at most its length
    std::uint32_t udp_payload; // bytes that UDP had
    std::uint32_t clear_at;    // where `payload` begins, counted from the quoted IPv6 header
};

// Up to the UDP header all of it must be there.
inline Parsed<QuoteView> parse_quote(const Ipv6Header& quoted, Bytes rest) {
    std::uint8_t next_header = quoted.next_header;
    std::size_t at = 0;
    if (next_header == protocol::fragment) {
        const auto* fragment = view_of<FragmentHeader>(rest);
        if (fragment == nullptr || fragment->offset_and_flags.value() >> 3U != 0) {
            return Reason::error_cut;
        }
        next_header = fragment->next_header;
        at = sizeof(FragmentHeader);
    }
    std::optional<EncryptionOption> encryption;
    if (next_header == protocol::destination_options) {
        const auto* header = view_of<ExtensionHeader>(rest, at);
        const std::size_t length = header == nullptr ? 0 : 8 * (std::size_t{header->length} + 1);
        if (header == nullptr || at + length > rest.size()) {
            return Reason::error_cut;
        }
        const auto options = parse_tunnel_options(
            rest.subspan(at + sizeof(ExtensionHeader), length - sizeof(ExtensionHeader)));
        if (!options) {
            return Reason::error_not_ours;
        }
        encryption = options->encryption;
        next_header = header->next_header;
        at += length;
    }
    if (next_header != protocol::udp) {
        return Reason::error_not_ours;
    }
    const auto* udp = view_of<UdpHeader>(rest, at);
    if (udp == nullptr) {
        return Reason::error_cut;
    }
    if (udp->length.value() < sizeof(UdpHeader)) {
        return Reason::error_not_ours;
    }
    at += sizeof(UdpHeader);
    const auto length = static_cast<std::uint32_t>(udp->length.value() - sizeof(UdpHeader));
    const Bytes payload = rest.subspan(at, std::min<std::size_t>(length, rest.size() - at));
    return QuoteView{udp, encryption, payload, length,
                     static_cast<std::uint32_t>(sizeof(Ipv6Header) + at)};
}

} // namespace mt6d
