// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/key_option.hpp"

#include "dataplane/packet.hpp"

#include <array>
#include <cstring>

namespace mt6d::dataplane {
namespace {

constexpr std::size_t fixed_headers = sizeof(EthernetHeader) + sizeof(Ipv6Header);
constexpr std::size_t option_head = 2; // type and length
constexpr std::size_t unit = 8;        // of extension headers' lengths

// Fills so many bytes, fewer than 8, with an option that says nothing.
void put_padding(std::uint8_t* at, std::size_t count) {
    if (count == 1) {
        *at = tunnel_option::pad1;
    } else if (count > 1) {
        std::memset(at, 0, count);
        at[0] = tunnel_option::pad_n;
        at[1] = static_cast<std::uint8_t>(count - option_head);
    }
}

} // namespace

std::optional<ExchangePacket> parse_exchange_packet(Bytes packet) {
    const auto frame = parse_frame(packet);
    if (!frame || packet.size() < frame->frame_length() + sizeof(be32_t)) {
        return std::nullopt;
    }
    const Bytes behind = packet.subspan(frame->frame_length());
    return ExchangePacket{*frame, view_of<be32_t>(behind)->value(), behind.subspan(sizeof(be32_t))};
}

bool insert_key_option(rte_mbuf* packet, Bytes data) {
    auto* const before = rte_pktmbuf_mtod(packet, std::uint8_t*);
    const auto* const ipv6 = view_at<Ipv6Header>(before + sizeof(EthernetHeader));
    const bool sealed = ipv6->next_header == protocol::destination_options;
    // Both without what pads them: an encryption header is one of 8 bytes, an option in it.
    const std::size_t old_length = sealed ? sizeof(EncryptionHeader) : 0;
    const std::size_t used =
        (sealed ? old_length : sizeof(ExtensionHeader)) + option_head + data.size();
    const std::size_t length = (used + unit - 1) / unit * unit;
    const auto more = static_cast<std::uint16_t>(length - old_length);
    if (rte_pktmbuf_headroom(packet) < more) {
        return false;
    }
    const be16_t payload_length(static_cast<std::uint16_t>(ipv6->payload_length.value() + more));
    auto* const frame = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(packet, more));
    std::memmove(frame, before, fixed_headers + old_length);

    std::uint8_t* at = frame + fixed_headers + old_length;
    if (!sealed) {
        at = put(at, ExtensionHeader{protocol::udp, 0});
    }
    *at++ = tunnel_option::key;
    *at++ = static_cast<std::uint8_t>(data.size());
    at = std::copy(data.begin(), data.end(), at);
    put_padding(at, length - used);
    frame[fixed_headers + offsetof(ExtensionHeader, length)] =
        static_cast<std::uint8_t>(length / unit - 1);
    put(frame + sizeof(EthernetHeader) + offsetof(Ipv6Header, payload_length), payload_length);
    put(frame + sizeof(EthernetHeader) + offsetof(Ipv6Header, next_header),
        std::uint8_t{protocol::destination_options});
    return true;
}

} // namespace mt6d::dataplane
