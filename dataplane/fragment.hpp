// SPDX-License-Identifier: BSD-3-Clause
// A tunnel packet that exceeds the path MTU leaves in two fragments (docs/protocol.md, section 8.1;
// RFC 8200, 4.5). DPDK's rte_ip_frag shares the payload by buffer chains, which virtual ports do
// not send; here it is copied.
#pragma once

#include <mt6d/siphash.hpp>
#include <mt6d/wire.hpp>

#include <rte_mempool.h>

#include <cstdint>

struct rte_mbuf;

namespace mt6d::dataplane {

// Identifications that nobody can predict (RFC 7739), one worker's.
class Identifications {
public:
    // `key`: random, and no other worker's.
    explicit Identifications(const SipKey& key) : key_(key) {}

    std::uint32_t next() { return static_cast<std::uint32_t>(siphash(key_, count_++)); }

private:
    SipKey key_;
    std::uint64_t count_ = 0;
};

// Whether two fragments of at most `mtu` bytes can carry an IPv6 packet of `length`.
bool fits_two_fragments(std::size_t length, std::uint32_t mtu);

// Makes the frame in `packet` its first fragment, as large as fits, and returns the second. Null,
// with `packet` unchanged: no buffer was free, or the packet has no room for the header. The
// Ethernet header is copied as it stands. Precondition: fits_two_fragments(), and not one.
rte_mbuf* split(rte_mbuf* packet, std::uint32_t mtu, std::uint32_t identification,
                rte_mempool* pool);

} // namespace mt6d::dataplane
