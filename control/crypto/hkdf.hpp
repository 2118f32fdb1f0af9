// SPDX-License-Identifier: BSD-3-Clause
// HKDF with SHA-256 (RFC 5869), and what section 5 of docs/protocol.md derives with it.
#pragma once

#include "control/config/session_key.hpp"

#include <mt6d/address.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace mt6d {

// Extract and expand in one call, so that PRK is OpenSSL's alone, which wipes it. Throws
// std::runtime_error where this machine's OpenSSL does not offer it.
void hkdf_sha256(std::span<const std::uint8_t> salt, std::span<const std::uint8_t> key,
                 std::span<const std::uint8_t> info, std::span<std::uint8_t> output);

// The keys of one direction of a stream: `label` is "cbc", "gcm" or "kex". `sender` and
// `receiver`: true addresses of the two hosts, S and D of section 5.
void derive_direction_keys(const config::SessionKey& session_key, std::string_view label,
                           const Ipv6Address& sender, const Ipv6Address& receiver,
                           std::span<std::uint8_t> output);

} // namespace mt6d
