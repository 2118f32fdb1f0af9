// SPDX-License-Identifier: BSD-3-Clause
// The event log: events of the control lcore, one JSON line each, written by a thread of its own
// from a bounded queue. Like the log (control/log.hpp) there is one a process.
#pragma once

#include "control/events/event.hpp"
#include "control/events/event_file.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace mt6d::events {

// Never waits. Nothing happens where no log is open. Control lcore alone.
void record(What what);

// Opens the file anew, at once or a moment later: whoever keeps it small has moved the old one
// away. An error where no log is open. Any thread.
Result<> reopen();

// Events that are missing from the log, since it was opened: they came too fast, or could not be
// written. Any thread.
std::uint64_t lost();

// While one lives, events are recorded. One at a time. Made and destroyed while control does not
// run.
class Session {
public:
    static constexpr std::size_t queued_events = 16384;

    // Begins with a Start, ends with an End. Its thread takes no signals.
    Session(EventFile file, Start start);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

private:
    class Writer;
    std::unique_ptr<Writer> writer_;
    friend void record(What what);
    friend Result<> reopen();
    friend std::uint64_t lost();
};

} // namespace mt6d::events
