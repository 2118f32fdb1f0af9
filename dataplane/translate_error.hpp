// SPDX-License-Identifier: BSD-3-Clause
// ICMPv6 errors from the path about tunnel packets become errors about the hosts' own packets
// (docs/ protocol.md, section 8.2; RFC 2473, 8), in three steps: is the quote one of ours, what was
// inside, and the host's error written over the one that came.
#pragma once

#include "dataplane/crypto.hpp"

#include <mt6d/parse_error.hpp>
#include <mt6d/stream.hpp>

#include <cstdint>
#include <optional>

struct rte_mbuf;

namespace mt6d::dataplane {

// Whether the quoted packet is one that this gateway sent on `route`, whose addresses it has.
Parsed<QuoteView> check_quote(const ErrorView& error, const RouteContext& route);

// What was inside, as far as it was quoted.
struct QuotedInner {
    ClearHeader header;
    Bytes payload; // of the inner packet, in the error's buffer

    [[nodiscard]] std::size_t packet_length() const { // of the whole inner packet
        return sizeof(Ipv6Header) + header.payload_length.value();
    }
};

// Decrypts the quote where it lies, in `packet`, whose data may grow by a tag's length; the frame's
// headers stay. Null engine: no stream encrypts.
Parsed<QuotedInner> open_quote(rte_mbuf* packet, const QuoteView& quote, const RouteContext& route,
                               CryptoEngine* engine);

// What the host is told.
struct HostError {
    std::uint8_t type;
    std::uint8_t code;
    std::uint32_t parameter;
    Ipv6Address source;
};

// As it came, but that a Parameter Problem's pointer is counted in the inner packet; where it
// points at something else it is Destination Unreachable (RFC 2473, 8.2). A Packet Too Big carries
// `mtu`.
HostError translate(const ErrorView& error, const QuoteView& quote, Cipher cipher,
                    std::uint32_t mtu, const Ipv6Address& source);

// Makes the frame in `packet` the host's error: from `error.source`, with the received hop limit
// (the gateway is no router between the two) and class, about the inner packet as its host sent it;
// at most 1280 bytes. `frame` and `inner` are of this packet.
void write_error(rte_mbuf* packet, const FrameView& frame, const HostError& error,
                 const QuotedInner& inner, const RouteContext& route, const MacAddress& gateway);

} // namespace mt6d::dataplane
