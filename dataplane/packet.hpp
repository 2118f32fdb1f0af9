// SPDX-License-Identifier: BSD-3-Clause
// An mbuf as bytes, and bytes as headers to write. Reading is the parser's (mt6d/parse.hpp).
#pragma once

#include <mt6d/parse.hpp>

#include <rte_mbuf.h>

#include <cstdint>
#include <cstring>

namespace mt6d::dataplane {

inline Bytes bytes_of(const rte_mbuf* packet) {
    return {rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len};
}

// Writes a header or a word, in memory order, where room for it is known to be; returns what
// follows it.
template <class Header>
std::uint8_t* put(std::uint8_t* at, const Header& header) {
    static_assert(std::is_trivially_copyable_v<Header>);
    std::memcpy(at, &header, sizeof(header));
    return at + sizeof(header);
}

} // namespace mt6d::dataplane
