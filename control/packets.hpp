// SPDX-License-Identifier: BSD-3-Clause
// Packets that the control lcore makes and workers send.
#pragma once

#include "dataplane/forwarding.hpp"

#include <mt6d/address.hpp>

#include <rte_mempool.h>

#include <cstddef>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace mt6d {

// One of so many bytes, to be filled in. Null when no buffer is free, or none is that large.
rte_mbuf* make_frame(rte_mempool* pool, std::size_t length);

// A neighbour solicitation for `target` (RFC 4861, 7.2.2), to its group or, where `unicast` is
// given, to that MAC. Null when no buffer is free.
rte_mbuf* make_solicitation(rte_mempool* pool, const Ipv6Address& source, const MacAddress& own,
                            const Ipv6Address& target, const MacAddress* unicast);

// An unsolicited advertisement of an address for routers (RFC 9131, 4). Null when no buffer is
// free.
rte_mbuf* make_announcement(rte_mempool* pool, const Ipv6Address& address, const MacAddress& own);

// A router solicitation (RFC 4861, 4.1) from the gateway's link-local address and its MAC on that
// side. Null when no buffer is free.
rte_mbuf* make_router_solicitation(rte_mempool* pool, const Ipv6Address& source,
                                   const MacAddress& own);

// The inner packet of a control packet (docs/protocol.md, section 6), for a worker to tunnel.
rte_mbuf* make_control_packet(rte_mempool* pool, const Ipv6Address& local,
                              const Ipv6Address& remote);

// The same for the routes of one epoch, with a key option unless it is empty (section 9).
rte_mbuf* make_exchange_packet(rte_mempool* pool, const Ipv6Address& local,
                               const Ipv6Address& remote, std::uint32_t epoch,
                               std::span<const std::uint8_t> key_option);

// Gives a control packet to the worker that owns its stream; takes it over. False where it cannot
// be sent now, or is null.
bool send_to_worker(const dataplane::Forwarding& forwarding, std::uint16_t worker,
                    rte_mbuf* packet);

// Gives a frame to the worker that sends such ones, to leave by that side; takes it over. False
// where it cannot be sent now, or is null.
bool send_own_frame(const dataplane::Forwarding& forwarding, dataplane::Side side, rte_mbuf* frame);

} // namespace mt6d
