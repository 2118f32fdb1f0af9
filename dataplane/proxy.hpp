// SPDX-License-Identifier: BSD-3-Clause
// Unprotected packets on their way from one side to the other (docs/protocol.md, section 10; RFC
// 4389): no MAC of one side is seen on the other.
#pragma once

#include <mt6d/parse.hpp>

#include <cstddef>

struct rte_mbuf;

namespace mt6d::dataplane {

// The Ethernet header names `own` as the source. Where the packet is multicast its destination is
// complete, else set_ethernet_destination() has to follow.
void set_proxy_ethernet(rte_mbuf* packet, const FrameView& frame, const MacAddress& own);

// Writes `own` into each link-layer address option of the discovery message whose fixed part has
// `fixed` bytes, and mends the checksum. `offset`: of the ICMPv6 header in the payload.
// Precondition: the options are well formed.
void replace_link_layer_options(rte_mbuf* packet, const FrameView& frame, std::size_t offset,
                                std::size_t fixed, const MacAddress& own);

} // namespace mt6d::dataplane
