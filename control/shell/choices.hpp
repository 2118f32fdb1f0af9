// SPDX-License-Identifier: BSD-3-Clause
// What a token may be, where there is a list of it. Pure.
#pragma once

#include "control/shell/grammar.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {

// All that fits; empty where there is no list (numbers, files), or this knows none (streams).
std::vector<std::string> choices_of(const Token& token);

// What librte_cmdline's results have room for, of a name.
inline constexpr std::size_t longest_word = 511;

// Whether the word may stand for the token, as far as that can be said without a gateway.
bool fits(const Token& token, std::string_view word);

} // namespace mt6d::shell
