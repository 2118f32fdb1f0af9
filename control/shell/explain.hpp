// SPDX-License-Identifier: BSD-3-Clause
// Says what is wrong with a command line. Pure.
#pragma once

#include "control/shell/grammar.hpp"

#include <mt6d/result.hpp>

#include <span>
#include <string_view>

namespace mt6d::shell {

// Which word no form allows, what was expected in its place, and what of that is near.
// Precondition: none of the forms fits the line.
Error what_is_wrong(std::string_view line, std::span<const Form> forms);

// A word as it may be shown on a terminal: cut where it is long, with nothing that cannot be seen.
std::string shown(std::string_view word);

} // namespace mt6d::shell
