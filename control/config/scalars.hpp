// SPDX-License-Identifier: BSD-3-Clause
// One value's text to its meaning. Errors say what is wrong and what to write instead; the caller
// says where. Used by the YAML sections, the streams file and mt6dctl's command line alike.
#pragma once

#include "control/config/config.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/suggestion.hpp"

#include <mt6d/address.hpp>
#include <mt6d/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace mt6d::config {

// Decimal digits alone: no sign, no leading zero, no hexadecimal.
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);
Result<bool> parse_boolean(std::string_view text);

// "2s", "10m", "1h": whole seconds, at least 1, at most 366 days.
Result<std::uint32_t> parse_seconds(std::string_view text);
// parse_seconds() and docs/protocol.md, section 3.
Result<std::uint32_t> parse_rotation(std::string_view text);
// "512M", "2G": MiB.
Result<std::uint32_t> parse_memory(std::string_view text);

Result<MacAddress> parse_mac(std::string_view text); // one station's: not zero, not a group
Result<Ipv6Address> parse_address(std::string_view text);
Result<Ipv6Address> parse_unicast_address(std::string_view text);
Result<Ipv6Address> parse_host_address(std::string_view text); // unicast beyond one link
Result<Ipv6Prefix> parse_on_link_prefix(std::string_view text);
Result<Ipv6Prefix> parse_hashed_prefix(std::string_view text); // a /64

// 1 to `longest` of letters, digits and ".-_:", beginning with a letter or digit.
Result<std::string> parse_name(std::string_view text, std::size_t longest);
// 1 to 32 of a-z, 0-9 and '-'.
Result<std::string> parse_gateway_name(std::string_view text);

Result<Core> parse_core(std::string_view text);
Result<Mode> parse_mode(std::string_view text);
Result<Unprotected> parse_unprotected(std::string_view text);
Result<OtherFrames> parse_other_frames(std::string_view text);
Result<Advertisements> parse_advertisements(std::string_view text);
Result<Idle> parse_idle(std::string_view text);
Result<bool> parse_hugepages(std::string_view text);
Result<Hash> parse_hash(std::string_view text);
Result<Cipher> parse_cipher(std::string_view text);
Result<KeyMethod> parse_key_method(std::string_view text);
Result<Crypto> parse_crypto(std::string_view text);
Result<log::Format> parse_log_format(std::string_view text);
Result<log::Level> parse_log_level(std::string_view text);
// An absolute path that fits into a socket's address; "none": empty.
Result<std::string> parse_socket(std::string_view text);
// The name of a group of users.
Result<std::string> parse_group(std::string_view text);
// An absolute path.
Result<std::string> parse_directory(std::string_view text);

} // namespace mt6d::config
