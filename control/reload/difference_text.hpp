// SPDX-License-Identifier: BSD-3-Clause
// A difference between configurations for programs and for people. No key is in it. Pure.
#pragma once

#include "control/config/difference.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace mt6d::reload {

// Streams of one kind that are named at the most; the rest is counted.
inline constexpr std::size_t most_named = 100;

nlohmann::ordered_json difference_json(const config::Difference& difference,
                                       std::span<const config::StreamPtr> streams,
                                       const config::Config& next);
// What is to be done, or was.
enum class Tense : bool { future, past };
std::string difference_text(const config::Difference& difference,
                            std::span<const config::StreamPtr> streams, const config::Config& next,
                            Tense tense);
// What makes a reload impossible, a line each.
std::string restart_text(const config::Difference& difference);

} // namespace mt6d::reload
