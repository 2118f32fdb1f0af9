// SPDX-License-Identifier: BSD-3-Clause
// A stream in one line, as in a streams file:
//
//   LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC KEY_HEX [option=value]...
//
// or, of an operator who adds one, with `key-file FILE` in the place of KEY_HEX.
#pragma once

#include "control/config/streams.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace mt6d::config {

enum class KeyPlace : std::uint8_t { in_line, in_file };

// For messages.
std::string_view form_of_line(KeyPlace key);

// Adds the stream to the context's set, or reports what is wrong. `number`: of the line.
void read_stream_line(std::string_view line, std::uint32_t number, KeyPlace key,
                      const StreamSurroundings& context);

// The stream of an operator's line, if it goes with those that there are. `running`: the rest of
// the configuration in force.
Result<Stream> read_added_stream(std::string_view line, const Config& running,
                                 std::span<const StreamPtr> streams, FileReader& files);

} // namespace mt6d::config
