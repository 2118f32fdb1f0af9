// SPDX-License-Identifier: BSD-3-Clause
// Frames of router discovery that the gateway makes.
#pragma once

#include <mt6d/address.hpp>

#include <rte_mempool.h>

struct rte_mbuf;

namespace mt6d {

// A router solicitation (RFC 4861, 4.1) from the gateway's link-local address and its MAC on that
// side. Null when no buffer is free.
rte_mbuf* make_router_solicitation(rte_mempool* pool, const Ipv6Address& source,
                                   const MacAddress& own);

} // namespace mt6d
