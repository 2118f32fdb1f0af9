// SPDX-License-Identifier: BSD-3-Clause
// The key option of control packets (docs/protocol.md, sections 6 and 9). Rare: put into the packet
// after it is sealed, since neither the cipher nor the UDP checksum covers it.
#pragma once

#include "dataplane/forwarding.hpp"

#include <mt6d/parse.hpp>

#include <optional>

struct rte_mbuf;

namespace mt6d::dataplane {

// What control gives a worker as `exchange_port`: a control packet's inner frame, followed by the
// epoch on whose routes it is to leave and the key option's data, if any.
struct ExchangePacket {
    FrameView frame;
    std::uint32_t epoch = 0;
    Bytes key_option;
};
std::optional<ExchangePacket> parse_exchange_packet(Bytes packet);

// Puts the option into the tunnel frame in `packet`, after the encryption option if there is one.
// False where the buffer has no room for it: then the packet is as it was.
bool insert_key_option(rte_mbuf* packet, Bytes data);

} // namespace mt6d::dataplane
