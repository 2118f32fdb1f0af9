// SPDX-License-Identifier: BSD-3-Clause
// From the session key to the keys of one direction of a stream (docs/protocol.md, section 5).
#pragma once

#include "control/config/session_key.hpp"

#include <mt6d/address.hpp>
#include <mt6d/wire.hpp>

#include <array>
#include <cstdint>

namespace mt6d {

// The keys that packets of one direction are sealed and opened with. Wiped when dropped.
struct PacketKey {
    PacketKey() = default;
    PacketKey(const PacketKey&) = default;
    PacketKey& operator=(const PacketKey&) = default;
    ~PacketKey();

    Cipher cipher = Cipher::none;
    std::array<std::uint8_t, 32> encryption{}; // K_enc
    std::array<std::uint8_t, 32> iv{};         // K_iv: aes-256-cbc alone
    std::array<std::uint8_t, 4> nonce_salt{};  // aes-256-gcm alone
};

// `sender` and `receiver`: true addresses of the two hosts, S and D of section 5. Precondition:
// cipher is not none.
PacketKey derive_packet_key(const config::SessionKey& session_key, Cipher cipher,
                            const Ipv6Address& sender, const Ipv6Address& receiver);

} // namespace mt6d
