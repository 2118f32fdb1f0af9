// SPDX-License-Identifier: BSD-3-Clause
// ICMPv6 errors that the gateway makes for a host (docs/protocol.md, section 8).
#pragma once

#include <mt6d/parse.hpp>

#include <rte_mempool.h>

struct rte_mbuf;

namespace mt6d::dataplane {

// Whether what follows an IPv6 header is an ICMPv6 error, or may be one: its headers are cut off.
bool is_error(std::uint8_t next_header, Bytes payload);

// Whether an error may be made about this packet at all (RFC 4443, 2.4 (e)).
bool may_answer_with_error(const FrameView& frame);

// What an error says.
struct ErrorMessage {
    std::uint8_t type;
    std::uint8_t code;
    std::uint32_t parameter;

    static constexpr ErrorMessage packet_too_big(std::uint32_t mtu) {
        return {icmpv6_type::packet_too_big, 0, mtu};
    }
    static constexpr ErrorMessage unreachable(std::uint8_t code) {
        return {icmpv6_type::destination_unreachable, code, 0};
    }
};

// The error's frame for the sender of `frame`, from the host it was sent to (section 8.3); null
// when no buffer is free. `gateway`: the gateway's MAC on that side.
rte_mbuf* make_error(rte_mempool* pool, const FrameView& frame, const ErrorMessage& message,
                     const MacAddress& gateway);

} // namespace mt6d::dataplane
