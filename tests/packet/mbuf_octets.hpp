// SPDX-License-Identifier: BSD-3-Clause
// Packet buffers of tests that call functions of the gateway by themselves.
#pragma once

#include "packet_builder.hpp"
#include "test_gateway.hpp"

#include <rte_mbuf.h>

#include <algorithm>
#include <memory>

namespace mt6d::test {

struct FreePacket {
    void operator()(rte_mbuf* packet) const { rte_pktmbuf_free(packet); }
};
using PacketPtr = std::unique_ptr<rte_mbuf, FreePacket>;

// In a buffer of the common pool.
inline PacketPtr packet_with(const Octets& bytes) {
    PacketPtr packet(rte_pktmbuf_alloc(common_pool()));
    char* const room = rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), room);
    return packet;
}

// What it holds now.
inline Octets octets(const PacketPtr& packet) {
    const auto* const begin = rte_pktmbuf_mtod(packet.get(), const std::uint8_t*);
    return {begin, begin + packet->data_len};
}

} // namespace mt6d::test
