// SPDX-License-Identifier: BSD-3-Clause
// An address and a TCP port to listen at.
#pragma once

#include <mt6d/result.hpp>

#include <string>
#include <string_view>

namespace mt6d::config {

// "[::1]:9766" or "127.0.0.1:9766"; "none": empty. No names, since those may resolve to anything.
Result<std::string> parse_endpoint(std::string_view text);

} // namespace mt6d::config
