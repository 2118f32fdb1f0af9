// SPDX-License-Identifier: BSD-3-Clause
// What commands about single packets have in common.
#pragma once

#include "control/shell/arguments.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/trace_text.hpp"

#include <mt6d/result.hpp>

#include <optional>
#include <span>
#include <vector>

namespace mt6d::shell {

// The stream that is named; nothing: none is.
Result<std::optional<dataplane::StreamRef>> stream_ref_asked_for(const Arguments& arguments,
                                                                 const Environment& environment);

// Each with its stream's name, and the moment as the clock has it.
std::vector<TracedPacket> traced(std::span<const dataplane::TraceRecord> records,
                                 const Environment& environment);

} // namespace mt6d::shell
