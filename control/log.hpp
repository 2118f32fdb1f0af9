// SPDX-License-Identifier: BSD-3-Clause
// The log: lines on standard error, written by a thread of their own, so that who logs never waits
// for a terminal, a pipe or a disk. Any thread may log; worker lcores do not.
//
//     log::info("port", "{}: link is up", role);
//
// Secrets never go here: no session key, nor anything derived from one.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace mt6d::log {

enum class Level { debug, info, warning, error };

// While one lives, lines go through the queue; the oldest give way when it is full, and the end
// says how many did. Before and after, lines are written at once. One at a time. Its thread takes
// no signals.
class Session {
public:
    explicit Session(Level lowest = Level::info);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
};

// `area` says which part of the gateway speaks: one word.
void write(Level level, std::string_view area, std::string_view text);

template <class... Args>
void debug(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::debug, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void info(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::info, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warning(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::warning, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void error(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    write(Level::error, area, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace mt6d::log
