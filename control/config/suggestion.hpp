// SPDX-License-Identifier: BSD-3-Clause
// "Did you mean ...?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mt6d::config {

// "; did you mean 'rotation'?" for the candidate nearest to `word`, or "" if none is near.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

} // namespace mt6d::config
