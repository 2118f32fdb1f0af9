// SPDX-License-Identifier: BSD-3-Clause
// A stream's facts for programs and for people. Pure.
#pragma once

#include "control/shell/tally.hpp"
#include "control/stream_facts.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace mt6d::shell {

struct StreamReport {
    StreamFacts facts;
    StreamCounts counts;
    std::string cause; // likely_cause()
};

nlohmann::ordered_json stream_json(const StreamReport& report);
// As `wg show` would.
std::string stream_text(const StreamReport& report);

} // namespace mt6d::shell
