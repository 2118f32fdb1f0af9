// SPDX-License-Identifier: BSD-3-Clause
// The configuration in force, as its file would have it. No key is in it. Pure.
#pragma once

#include "control/config/config.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace mt6d::shell {

// Of streams, which are given by themselves, so many at the most are shown one by one.
inline constexpr std::size_t most_streams_shown = 1000;

nlohmann::ordered_json config_json(const config::Config& config,
                                   std::span<const config::StreamPtr> streams);

std::string_view name(Cipher cipher);
std::string_view name(KeyMethod method);
std::string_view name(config::Idle idle);

} // namespace mt6d::shell
