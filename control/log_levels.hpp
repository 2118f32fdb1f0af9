// SPDX-License-Identifier: BSD-3-Clause
// Levels, areas and forms of the log, and their names.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace mt6d::log {

enum class Level { debug, info, warning, error };

inline constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warning", "error"};
constexpr std::string_view name(Level level) {
    return level_names[static_cast<std::size_t>(level)];
}

// What says which part of the gateway speaks.
inline constexpr std::array<std::string_view, 19> areas{
    "clock",   "crypto",  "eal",   "events", "gateway", "keys",   "log",
    "memory",  "metrics", "mode",  "port",   "reload",  "router", "rotation",
    "service", "shell",   "state", "worker", "xdp",
};

// Lines for people, or an object each for programs.
enum class Format { text, json };

} // namespace mt6d::log
