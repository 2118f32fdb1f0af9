// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071). Sums are kept in memory order, whatever the machine's, so
// that nothing is swapped on the packet path; a sum of sums is one more addition.
#pragma once

#include <mt6d/wire.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace mt6d {

// Folds a sum of 16-bit words to 16 bits.
constexpr std::uint16_t fold(std::uint64_t sum) {
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U & 0xffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
}

// A big-endian 16-bit field as a summand.
inline std::uint16_t summand(be16_t field) {
    return std::bit_cast<std::uint16_t>(field);
}
inline std::uint16_t summand(std::uint16_t value) {
    return summand(be16_t(value));
}

// A sum becomes the field's content: complement, in memory order.
inline be16_t checksum_field(std::uint16_t folded) {
    return std::bit_cast<be16_t>(static_cast<std::uint16_t>(~folded));
}

// Sum of bytes, an odd last one padded with zero. Up to 4 GiB without overflow. The data plane
// has a vectorised one for payloads (dataplane/checksum.hpp); this serves headers and tests.
inline std::uint64_t sum_bytes(std::span<const std::uint8_t> bytes) {
    std::uint64_t sum = 0;
    std::size_t i = 0;
    for (; i + 4 <= bytes.size(); i += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, &bytes[i], sizeof(word));
        sum += word;
    }
    if (i < bytes.size()) {
        std::uint32_t word = 0;
        std::memcpy(&word, &bytes[i], bytes.size() - i);
        sum += word;
    }
    return sum;
}

// Source and destination as part of a pseudo header (RFC 8200, 8.1).
inline std::uint64_t sum_addresses(const Ipv6Address& source, const Ipv6Address& destination) {
    return sum_bytes(source.bytes) + sum_bytes(destination.bytes);
}

// Length and protocol as part of a pseudo header. Lengths of this project fit 16 bits.
inline std::uint64_t sum_length_and_protocol(std::uint16_t length, std::uint8_t protocol) {
    return std::uint64_t{summand(length)} + summand(std::uint16_t{protocol});
}

} // namespace mt6d
