// SPDX-License-Identifier: BSD-3-Clause
// Checksums over payloads, vectorised where the CPU allows it, chosen once at start.
#pragma once

#include <mt6d/checksum.hpp>

#include <cstdint>
#include <span>

namespace mt6d::dataplane {

// As mt6d::sum_bytes(), by the widest instructions this CPU has.
std::uint64_t sum_payload(std::span<const std::uint8_t> bytes);

// The transport or ICMPv6 checksum over `segment` as it stands, field included: true if right.
inline bool checksum_right(const Ipv6Header& ipv6, std::uint8_t protocol,
                           std::span<const std::uint8_t> segment) {
    return fold(sum_addresses(ipv6.source, ipv6.destination)
                + sum_length_and_protocol(static_cast<std::uint16_t>(segment.size()), protocol)
                + sum_payload(segment))
           == 0xffff;
}

// What to store in the checksum field of `segment`, whose field must be zero.
inline be16_t checksum_of(const Ipv6Header& ipv6, std::uint8_t protocol,
                          std::span<const std::uint8_t> segment) {
    return checksum_field(
        fold(sum_addresses(ipv6.source, ipv6.destination)
             + sum_length_and_protocol(static_cast<std::uint16_t>(segment.size()), protocol)
             + sum_payload(segment)));
}

} // namespace mt6d::dataplane
