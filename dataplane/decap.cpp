// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/decap.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

namespace mt6d::dataplane {
namespace {

bool udp_checksum_right(const rte_mbuf* packet, const FrameView& outer, const TunnelView& tunnel) {
    if ((packet->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD) {
        return true;
    }
    const Bytes datagram{reinterpret_cast<const std::uint8_t*>(tunnel.udp),
                         sizeof(UdpHeader) + tunnel.payload.size()};
    return checksum_right(*outer.ipv6, protocol::udp, datagram);
}

// The rules of the outer headers.
std::optional<Reason> refuse_outer(const rte_mbuf* packet, const FrameView& outer,
                                   const TunnelView& tunnel, const RouteContext& route) {
    const std::uint16_t state =
        static_cast<std::uint16_t>(tunnel.udp->destination_port.value() - route.stream->base_port);
    if (state >= key_states) {
        return Reason::udp_port;
    }
    if (tunnel.udp->checksum == be16_t(0)) {
        if (!route.accept_zero_checksum) {
            return Reason::udp_checksum_zero;
        }
    } else if (!udp_checksum_right(packet, outer, tunnel)) {
        return Reason::udp_checksum;
    }
    // The stream says what must be there: no downgrade.
    const auto& encryption = tunnel.options.encryption;
    const auto algorithm = static_cast<std::uint8_t>(route.stream->cipher);
    if ((encryption ? encryption->algorithm : 0) != algorithm || (algorithm == 0 && encryption)) {
        return Reason::cipher_mismatch;
    }
    return std::nullopt;
}

// What has the form of an inner packet, and may be no host's.
std::optional<Reason> refuse_inner(const ClearHeader& clear, Bytes payload, bool has_key_option) {
    if (is_control_packet(clear)) {
        return has_key_option ? Reason::key_message : Reason::control_packet;
    }
    if (has_key_option) {
        return Reason::key_option_misplaced;
    }
    const auto discovery = check_discovery(clear.next_header, payload);
    if (!discovery) {
        return Reason::inner_header_chain;
    }
    return discovery->discovery ? std::optional(Reason::inner_discovery) : std::nullopt;
}

} // namespace

Parsed<std::uint8_t> merge_congestion(std::uint8_t inner_class, std::uint8_t outer_class) {
    const std::uint8_t inner = inner_class & ecn::mask;
    const std::uint8_t outer = outer_class & ecn::mask;
    if (outer == ecn::congestion) {
        if (inner == ecn::not_capable) {
            return Reason::congestion_marked;
        }
        return static_cast<std::uint8_t>(inner_class | ecn::congestion);
    }
    if (outer == ecn::capable_1 && inner == ecn::capable_0) {
        return static_cast<std::uint8_t>((inner_class & ~ecn::mask) | ecn::capable_1);
    }
    return inner_class;
}

Parsed<TunnelView> check_outer(const rte_mbuf* packet, const FrameView& outer,
                               const RouteContext& route) {
    const auto tunnel = parse_tunnel(outer.ipv6->next_header, outer.payload());
    if (!tunnel) {
        return tunnel.reason();
    }
    if (const auto reason = refuse_outer(packet, outer, *tunnel, route)) {
        return *reason;
    }
    return tunnel;
}

Parsed<Opened> check_inner(Bytes clear, const FrameView& outer, bool has_key_option) {
    const auto header = parse_clear(clear);
    if (!header) {
        return header.reason();
    }
    const Bytes payload = clear.subspan(sizeof(ClearHeader));
    if (const auto reason = refuse_inner(**header, payload, has_key_option)) {
        return *reason;
    }
    const auto inner_class = static_cast<std::uint8_t>((*header)->class_and_label.value() >> 20U);
    const auto traffic_class = merge_congestion(inner_class, outer.ipv6->traffic_class());
    if (!traffic_class) {
        return traffic_class.reason();
    }
    return Opened{*header, payload, *traffic_class};
}

void decapsulate(rte_mbuf* packet, const Opened& opened, const RouteContext& route,
                 const MacAddress& source) {
    const ClearHeader clear = *opened.clear;
    const Ipv6Header ipv6{
        Ipv6Header::first_word(opened.traffic_class, clear.class_and_label.value() & 0xfffffU),
        clear.payload_length,
        clear.next_header,
        clear.hop_limit,
        route.stream->remote,
        route.stream->local};
    const EthernetHeader ethernet{route.host_mac, source, be16_t(ether_type::ipv6)};

    // The new headers end where the inner payload begins.
    const auto payload_at = static_cast<std::uint16_t>(
        opened.payload.data() - rte_pktmbuf_mtod(packet, const std::uint8_t*));
    const auto length =
        static_cast<std::uint16_t>(sizeof(ethernet) + sizeof(ipv6) + opened.payload.size());
    rte_pktmbuf_adj(packet,
                    static_cast<std::uint16_t>(payload_at - sizeof(ethernet) - sizeof(ipv6)));
    // Behind it may be a tag, pad bytes, or the link's padding.
    rte_pktmbuf_trim(packet, static_cast<std::uint16_t>(packet->data_len - length));
    put(put(rte_pktmbuf_mtod(packet, std::uint8_t*), ethernet), ipv6);
}

} // namespace mt6d::dataplane
