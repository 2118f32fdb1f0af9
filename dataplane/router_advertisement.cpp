// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/router_advertisement.hpp"

#include "dataplane/checksum.hpp"
#include "dataplane/packet.hpp"

#include <mt6d/router_discovery.hpp>

#include <algorithm>

namespace mt6d::dataplane {
namespace {

// What the router says already. Precondition for `options`, here and below: well formed.
struct Said {
    bool link_layer = false;
    bool mtu = false;
    std::uint32_t least_mtu = UINT32_MAX;

    [[nodiscard]] std::size_t missing() const {
        return (link_layer ? 0 : sizeof(LinkLayerOption)) + (mtu ? 0 : sizeof(MtuOption));
    }
};

bool is_mtu(Bytes option) {
    return option[0] == discovery_option::mtu && option.size() == sizeof(MtuOption);
}

Said read(Bytes options) {
    Said said;
    while (const auto option = first_option(options)) {
        if ((*option)[0] == discovery_option::source_link_layer) {
            said.link_layer |= option->size() == sizeof(LinkLayerOption);
        } else if (is_mtu(*option)) {
            said.mtu = true;
            said.least_mtu =
                std::min(said.least_mtu, view_at<MtuOption>(option->data())->mtu.value());
        }
        options = options.subspan(option->size());
    }
    return said;
}

// A link-layer option of any length loses its address.
void overwrite(std::uint8_t* at, std::size_t size, const MacAddress& own, std::uint32_t mtu) {
    for (Bytes options(at, size); const auto option = first_option(options);) {
        if ((*option)[0] == discovery_option::source_link_layer) {
            put(at + offsetof(LinkLayerOption, address), own);
        } else if (is_mtu(*option)) {
            put(at, MtuOption{.mtu = be32_t(mtu)});
        }
        at += option->size();
        options = options.subspan(option->size());
    }
}

void write_headers(std::uint8_t* at, const Ipv6Header& ipv6, const MacAddress& own) {
    put(put(at, EthernetHeader{ipv6.destination.multicast_mac(), own, be16_t(ether_type::ipv6)}),
        ipv6);
}

} // namespace

std::optional<Reason> rewrite_router_advertisement(rte_mbuf* packet, const FrameView& frame,
                                                   std::size_t offset,
                                                   const AdvertisedInside& inside) {
    const Bytes icmp = frame.payload().subspan(offset);
    RouterAdvertisement message = *view_at<RouterAdvertisement>(icmp.data());
    if ((message.flags & router_flag::proxy) != 0) {
        return Reason::discovery_proxied;
    }
    const Said said = read(icmp.subspan(sizeof(message)));
    const std::size_t length = frame.packet_length() + said.missing();
    if (length > inside.link_mtu) {
        return Reason::discovery_too_big;
    }
    // What the link padded goes first.
    const std::size_t padding = packet->data_len - frame.frame_length();
    if (rte_pktmbuf_tailroom(packet) + padding < said.missing()) {
        return Reason::no_tailroom;
    }
    rte_pktmbuf_trim(packet, static_cast<std::uint16_t>(padding));
    rte_pktmbuf_append(packet, static_cast<std::uint16_t>(said.missing()));
    const std::size_t icmp_at = frame.frame_length() - icmp.size();
    Ipv6Header ipv6 = *frame.ipv6;
    ipv6.payload_length = be16_t(static_cast<std::uint16_t>(length - sizeof(Ipv6Header)));
    ipv6.destination = ipv6.destination.is_multicast() ? ipv6.destination : all_nodes;
    auto* const begin = rte_pktmbuf_mtod(packet, std::uint8_t*);
    write_headers(begin, ipv6, inside.own);

    std::uint8_t* const at = begin + icmp_at;
    const std::uint32_t mtu = std::max(ipv6_minimum_mtu, std::min(said.least_mtu, inside.mtu));
    overwrite(at + sizeof(message), icmp.size() - sizeof(message), inside.own, mtu);
    std::uint8_t* end = at + icmp.size();
    if (!said.link_layer) {
        end = put(end, LinkLayerOption{discovery_option::source_link_layer, 1, inside.own});
    }
    if (!said.mtu) {
        end = put(end, MtuOption{.mtu = be32_t(mtu)});
    }
    message.flags = static_cast<std::uint8_t>(message.flags | router_flag::proxy);
    message.icmp.checksum = be16_t(0);
    put(at, message);
    message.icmp.checksum =
        checksum_of(ipv6, protocol::icmpv6, {at, static_cast<std::size_t>(end - at)});
    put(at, message);
    return std::nullopt;
}

} // namespace mt6d::dataplane
