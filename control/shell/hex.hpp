// SPDX-License-Identifier: BSD-3-Clause
// Octets as people copy them from other tools, and back. Pure.
#pragma once

#include <mt6d/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {

// Pairs of digits; colons may stand between pairs.
Result<std::vector<std::uint8_t>> octets_from_hex(std::string_view text);
std::string hex_of(std::span<const std::uint8_t> octets);

} // namespace mt6d::shell
