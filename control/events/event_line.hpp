// SPDX-License-Identifier: BSD-3-Clause
// Events as lines of JSON. Pure.
#pragma once

#include "control/events/event.hpp"

#include <cstdint>
#include <string>

namespace mt6d::events {

// One object and a newline.
std::string line(const Event& event);
// So many events are missing before this moment.
std::string lost_line(std::uint64_t count, std::int64_t unix_ns);

} // namespace mt6d::events
