// SPDX-License-Identifier: BSD-3-Clause
// log, metrics, events: what the gateway tells of itself.
#include "control/config/endpoint.hpp"
#include "control/config/scalars.hpp"
#include "control/config/sections.hpp"

namespace mt6d::config {
namespace {

constexpr std::uint64_t most_named_streams = 10'000;

Result<std::uint32_t> parse_named_streams(std::string_view text) {
    const auto number = parse_number(text, 0, most_named_streams);
    return number ? Result<std::uint32_t>(static_cast<std::uint32_t>(*number))
                  : Result<std::uint32_t>(number.error());
}

Result<std::string> parse_event_file(std::string_view text) {
    if (text == "none") {
        return std::string();
    }
    if (!text.starts_with('/') || text.ends_with('/') || text.find('\0') != text.npos) {
        return Error{"'" + std::string(text)
                     + "' is no absolute path of a file: write one like "
                       "/var/log/mt6d/site-a.events, or none"};
    }
    return std::string(text);
}

} // namespace

void read_reports(Section& root, Config& config) {
    if (const Value* const value = root.find("log")) {
        Section section(*value, "log", root.diagnostics());
        section.read("format", config.log.format, parse_log_format);
        section.read("level", config.log.level, parse_log_level);
    }
    if (const Value* const value = root.find("metrics")) {
        Section section(*value, "metrics", root.diagnostics());
        section.read("prometheus", config.metrics.prometheus, parse_endpoint);
        section.read("streams", config.metrics.streams, parse_named_streams);
    }
    root.read("events", config.events, parse_event_file);
}

} // namespace mt6d::config
