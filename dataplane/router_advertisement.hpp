// SPDX-License-Identifier: BSD-3-Clause
// A router's advertisement on its way to the hosts (docs/protocol.md, section 7.5): it says what
// they need to reach the gateway, and how large their packets may be.
#pragma once

#include <mt6d/parse.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

struct rte_mbuf;

namespace mt6d::dataplane {

struct AdvertisedInside {
    MacAddress own;         // the gateway's, on the internal side
    std::uint32_t link_mtu; // the internal port's
    std::uint32_t mtu;      // to be advertised: at least 1280; less if the router says less
};

// Rewrites the advertisement in `packet` for the internal side:
// - from the gateway's MAC, to the group it is for; one that was unicast is for all nodes then;
// - each source link-layer address and MTU option rewritten, one added where there was none;
// - RFC 4389's proxy flag set (4.1.3.3). One that has it already was passed on by another proxy: it
//   goes no further, as a loop of proxies would never end.
// All else stays as it is. Otherwise the reason why it cannot go there; the packet is unchanged
// then. `offset`: of the ICMPv6 header in the payload.
// Precondition: parse_router_advertisement() takes it.
std::optional<Reason> rewrite_router_advertisement(rte_mbuf* packet, const FrameView& frame,
                                                   std::size_t offset,
                                                   const AdvertisedInside& inside);

} // namespace mt6d::dataplane
