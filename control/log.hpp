// SPDX-License-Identifier: BSD-3-Clause
// The log: lines on standard error, written by a thread of their own, so that who logs never waits
// for a terminal, a pipe or a disk. Any thread may log; worker lcores do not.
//
//     log::info("port", "{}: link is up", role);
//     log::info({"keys", stream.name}, "epoch {}", epoch);
//
// What comes from one place in the code too often is left out, and counted (log_limiter.hpp).
// Secrets never go here: no session key, nor anything derived from one.
#pragma once

#include "control/log_levels.hpp"
#include "control/log_line.hpp"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>

namespace mt6d::log {

// While one lives, lines go through the queue; the oldest give way when it is full, and the end
// says how many did. Before and after, lines are written at once. One at a time. Its thread takes
// no signals.
class Session {
public:
    explicit Session(Format format = Format::text, Level lowest = Level::info);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
};

// What is less than this is not logged, from now on: of one of `areas`, or of all. Any thread.
void set_level(Level lowest);
void set_level(std::string_view area, Level lowest);
bool is_logged(Level level, std::string_view area);

// What somebody else has to say, a library; lines that are equal are of one kind.
void write(Level level, const Origin& origin, std::string_view text);

// Whether a line of this kind is written now, as far as it is made: without its text.
std::optional<Line> admit(Level level, const Origin& origin, std::string_view kind);
void write(const Line& line);

template <class... Args>
void say(Level level, const Origin& origin, fmt::format_string<Args...> format, Args&&... args) {
    const fmt::string_view pattern = format;
    if (auto line = admit(level, origin, {pattern.data(), pattern.size()})) {
        const std::string text = fmt::format(format, std::forward<Args>(args)...);
        line->text = text;
        write(*line);
    }
}
template <class... Args>
void debug(const Origin& origin, fmt::format_string<Args...> format, Args&&... args) {
    say(Level::debug, origin, format, std::forward<Args>(args)...);
}
template <class... Args>
void info(const Origin& origin, fmt::format_string<Args...> format, Args&&... args) {
    say(Level::info, origin, format, std::forward<Args>(args)...);
}
template <class... Args>
void warning(const Origin& origin, fmt::format_string<Args...> format, Args&&... args) {
    say(Level::warning, origin, format, std::forward<Args>(args)...);
}
template <class... Args>
void error(const Origin& origin, fmt::format_string<Args...> format, Args&&... args) {
    say(Level::error, origin, format, std::forward<Args>(args)...);
}

} // namespace mt6d::log
