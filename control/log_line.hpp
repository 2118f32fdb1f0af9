// SPDX-License-Identifier: BSD-3-Clause
// One line of the log, in the forms that it is read in. Pure.
#pragma once

#include "control/log_levels.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mt6d::log {

// Who speaks: an area, and the stream that it is about, if it is about one.
struct Origin {
    Origin(const char* name) : area(name) {}      // NOLINT(google-explicit-constructor)
    Origin(std::string_view name) : area(name) {} // NOLINT(google-explicit-constructor)
    Origin(std::string_view name, std::string_view about) : area(name), stream(about) {}

    std::string_view area;
    std::string_view stream; // empty: none
};

struct Line {
    Level level = Level::info;
    Origin origin;
    std::string_view text;
    std::uint64_t left_out = 0; // of its kind, since the last one
    bool last = false;          // for a while: what is like it will be left out
};

// "keys: stream alice-bob: epoch 4": one line, whatever the text holds.
std::string plain(const Line& line);
// The same behind its priority, as the journal takes it (sd-daemon(3)): the journal knows the time.
std::string for_journal(const Line& line);
// {"time":"2026-01-31T12:00:00.123456Z","level":"info","area":"keys","stream":"alice-bob",…}
std::string json(const Line& line, std::int64_t unix_ns);
// The priority alone: "<6>".
std::string_view priority(Level level);

// Whether a descriptor leads to the journal. `journal_stream`: the environment's JOURNAL_STREAM, or
// null (systemd.exec(5)).
bool is_journal(int descriptor, const char* journal_stream);

} // namespace mt6d::log
