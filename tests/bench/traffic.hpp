// SPDX-License-Identifier: BSD-3-Clause
// What the benches' hosts send: UDP packets of streams that each have a pair of hosts and a key.
#pragma once

#include "control/config/config.hpp"

#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace mt6d::bench {

extern const MacAddress host_mac;   // of all hosts on the near side
extern const MacAddress remote_mac; // of those on the far side

struct StreamForm {
    Cipher cipher = Cipher::none;
    std::uint32_t rotation = 1; // seconds
    std::size_t streams = 64;
};

// As the near gateway has them.
std::vector<config::Stream> near_streams(const StreamForm& form);
// As its peer has them: local and remote exchanged.
std::vector<config::Stream> far_streams(const StreamForm& form);

// By its name in a configuration; throws what to tell the user.
Cipher cipher_named(std::string_view text);

using Frame = std::vector<std::uint8_t>;

// A near host's Ethernet frame of `length` bytes to `gateway`, its UDP checksum right.
Frame host_frame(const config::Stream& stream, const MacAddress& gateway, std::size_t length);

// Null where the pool is empty.
rte_mbuf* packet_of(const Frame& frame, rte_mempool* pool);

} // namespace mt6d::bench
