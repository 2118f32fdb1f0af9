// SPDX-License-Identifier: BSD-3-Clause
// Command lines out of a file, one after the other, until one fails.
#pragma once

#include <mt6d/result.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace mt6d::shell {

enum class Script { goes_on, is_over };
using RunLine = std::function<Result<Script>(std::string_view)>;

// Path "-" is standard input. The error begins with FILE:LINE. `stop`: as a channel's, or none
// (-1).
Result<> run_script(const std::string& path, int stop, const RunLine& run);

} // namespace mt6d::shell
