// SPDX-License-Identifier: BSD-3-Clause
#include "control/timestamp.hpp"

#include <fmt/chrono.h>

#include <chrono>

namespace mt6d {

std::string timestamp(std::int64_t unix_ns) {
    using std::chrono::microseconds;
    using std::chrono::seconds;
    const auto moment = std::chrono::floor<microseconds>(std::chrono::nanoseconds(unix_ns));
    const auto whole = std::chrono::floor<seconds>(moment);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(whole.count()),
                       (moment - whole).count());
}

} // namespace mt6d
