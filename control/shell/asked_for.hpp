// SPDX-License-Identifier: BSD-3-Clause
// What a command with [STREAM] or [PORT] is about.
#pragma once

#include "control/shell/arguments.hpp"
#include "control/shell/environment.hpp"

#include <mt6d/result.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace mt6d::shell {

// The one that is named, or both.
std::vector<dataplane::Side> ports_asked_for(const Arguments& arguments);

// The stream that is named, or the first most_streams_shown.
struct AskedStreams {
    std::vector<StreamId> streams{};
    std::size_t all = 0;      // that there are
    std::size_t left_out = 0; // that nobody named
};
Result<AskedStreams> streams_asked_for(const Arguments& arguments, const Environment& environment);

// Has `look` run on the control lcore for each that is still there, a page at a time: rotation
// comes first there.
Result<> look_at(const AskedStreams& asked, const Environment& environment,
                 const std::function<void(Gateway&, StreamId)>& look);

// A line that says how many streams are not shown; empty if none is left out.
std::string left_out_text(const AskedStreams& asked);

} // namespace mt6d::shell
