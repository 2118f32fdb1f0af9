// SPDX-License-Identifier: BSD-3-Clause
// Frames of multicast listener discovery: what MldListener says, as workers send it.
#pragma once

#include "control/mld_message.hpp"

#include <mt6d/address.hpp>

#include <rte_mempool.h>

struct rte_mbuf;

namespace mt6d {

// From the gateway's link-local address and its MAC on that side (RFC 3810, 5.2; RFC 2710, 3).
// Null when no buffer is free, or none is that large.
rte_mbuf* make_mld_packet(rte_mempool* pool, const Ipv6Address& source, const MacAddress& own,
                          const MldMessage& message);

} // namespace mt6d
