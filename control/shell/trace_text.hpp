// SPDX-License-Identifier: BSD-3-Clause
// The way of a packet, for people and for programs. Pure.
#pragma once

#include "dataplane/trace.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mt6d::shell {

// A record, and what it does not know of itself.
struct TracedPacket {
    dataplane::TraceRecord record;
    std::string stream;       // its name; empty: no stream's
    std::int64_t unix_ns = 0; // when it was taken up
};

nlohmann::ordered_json trace_json(const TracedPacket& packet);
// Lines, indented but for the first: "HEADING at …, worker 0".
std::string trace_text(const TracedPacket& packet, std::string_view heading);
// "dropped: cipher_tag: The tag is wrong …"
std::string verdict_text(const dataplane::TraceRecord& record);

} // namespace mt6d::shell
