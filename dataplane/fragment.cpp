// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/fragment.hpp"

#include "dataplane/packet.hpp"

namespace mt6d::dataplane {
namespace {

constexpr std::uint32_t unit = 8; // of offsets, and of every fragment's length but the last one's
constexpr std::uint16_t more_fragments = 1;

constexpr std::uint32_t largest_part(std::uint32_t mtu) {
    return (mtu - static_cast<std::uint32_t>(sizeof(Ipv6Header) + sizeof(FragmentHeader))) / unit
           * unit;
}

// The header of a fragment that begins at `offset` of what follows the IPv6 header.
FragmentHeader header_of(std::uint8_t next_header, std::uint32_t offset, std::uint16_t flags,
                         std::uint32_t identification) {
    return {next_header, 0, be16_t(static_cast<std::uint16_t>(offset | flags)),
            be32_t(identification)};
}

// Ethernet and IPv6 header of `frame` with a fragment header; returns what follows.
std::uint8_t* put_headers(std::uint8_t* at, const EthernetHeader& ethernet, Ipv6Header ipv6,
                          const FragmentHeader& fragment, std::size_t part) {
    ipv6.next_header = protocol::fragment;
    ipv6.payload_length = be16_t(static_cast<std::uint16_t>(sizeof(fragment) + part));
    return put(put(put(at, ethernet), ipv6), fragment);
}

} // namespace

bool fits_two_fragments(std::size_t length, std::uint32_t mtu) {
    return length - sizeof(Ipv6Header) <= std::size_t{2} * largest_part(mtu);
}

rte_mbuf* split(rte_mbuf* packet, std::uint32_t mtu, std::uint32_t identification,
                rte_mempool* pool) {
    constexpr std::size_t headers = sizeof(EthernetHeader) + sizeof(Ipv6Header);
    if (rte_pktmbuf_headroom(packet) < sizeof(FragmentHeader)) {
        return nullptr;
    }
    const Bytes frame = bytes_of(packet);
    const std::uint32_t first = largest_part(mtu);
    const Bytes rest = frame.subspan(headers + first);
    rte_mbuf* const second = rte_pktmbuf_alloc(pool);
    if (second == nullptr) {
        return nullptr;
    }
    auto* at = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(
        second, static_cast<std::uint16_t>(headers + sizeof(FragmentHeader) + rest.size())));
    if (at == nullptr) {
        rte_pktmbuf_free(second);
        return nullptr;
    }
    // Copies: the first fragment's headers are written over them.
    const EthernetHeader ethernet = *view_at<EthernetHeader>(frame.data());
    const Ipv6Header ipv6 = *view_at<Ipv6Header>(frame.data() + sizeof(EthernetHeader));
    at = put_headers(at, ethernet, ipv6, header_of(ipv6.next_header, first, 0, identification),
                     rest.size());
    std::memcpy(at, rest.data(), rest.size());

    rte_pktmbuf_trim(packet, static_cast<std::uint16_t>(rest.size()));
    at = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_prepend(packet, sizeof(FragmentHeader)));
    put_headers(at, ethernet, ipv6, header_of(ipv6.next_header, 0, more_fragments, identification),
                first);
    return second;
}

} // namespace mt6d::dataplane
