// SPDX-License-Identifier: BSD-3-Clause
// Moments as text.
#pragma once

#include <cstdint>
#include <string>

namespace mt6d {

// RFC 3339, in UTC, to the microsecond: "2026-01-31T12:00:00.123456Z".
std::string timestamp(std::int64_t unix_ns);

} // namespace mt6d
