// SPDX-License-Identifier: BSD-3-Clause
// The maximum segment size of TCP connections that pass is lowered to what fits the tunnel (docs/
// protocol.md, section 8.1): they begin with segments that need no Packet Too Big.
#pragma once

#include <mt6d/stream.hpp>
#include <mt6d/wire.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace mt6d::dataplane {

// Lowers the MSS option of a TCP SYN, and mends the checksum. `segment` is what follows an IPv6
// header that says TCP comes next; one that is no SYN, has no such option or asks for less is left
// as it is.
void lower_mss(std::span<std::uint8_t> segment, std::uint16_t most);

// For either direction of a stream, whose inner packet's transport lies in `segment`.
inline void lower_mss_of(const StreamContext& stream, std::uint8_t next_header,
                         std::span<std::uint8_t> segment) {
    constexpr std::uint32_t ipv6_and_tcp = sizeof(Ipv6Header) + sizeof(TcpHeader);
    if (next_header == protocol::tcp && stream.lower_mss.load(std::memory_order_relaxed)) {
        const std::uint32_t mtu = inner_mtu(stream.path_mtu.value(), stream.cipher);
        lower_mss(segment, static_cast<std::uint16_t>(mtu - ipv6_and_tcp));
    }
}

} // namespace mt6d::dataplane
