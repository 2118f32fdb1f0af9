// SPDX-License-Identifier: BSD-3-Clause
// What the gateway tells by itself: the log, events, statistics.
#include "control/events/event_log.hpp"
#include "control/log.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mt6d::shell {
namespace {

log::Level level_of(const std::string& name) {
    const auto* const found = std::find(log::level_names.begin(), log::level_names.end(), name);
    return static_cast<log::Level>(found - log::level_names.begin());
}

Result<Reply> set_log(const Arguments& arguments, Environment&) {
    const std::string& level = arguments.text("LEVEL");
    if (arguments.has("AREA")) {
        log::set_level(arguments.text("AREA"), level_of(level));
    } else {
        log::set_level(level_of(level));
    }
    const std::string area = arguments.has("AREA") ? arguments.text("AREA") : "all";
    return Reply{.facts = {{"log", {{"area", area}, {"level", level}}}},
                 .text = "log: " + area + " from " + level + " on\n"};
}

Result<Reply> reopen_events(const Arguments&, Environment&) {
    if (auto reopened = events::reopen(); !reopened) {
        return std::move(reopened).error();
    }
    return Reply{.text = "events: the file is opened anew\n"};
}

Result<Reply> set_stats_period(const Arguments& arguments, Environment& environment) {
    const std::uint64_t seconds = arguments.number("SECONDS");
    environment.printer().set_period(std::chrono::seconds(seconds));
    return Reply{.facts = {{"stats_period_seconds", seconds}},
                 .text = seconds == 0 ? "no statistics until the end\n"
                                      : "statistics each " + std::to_string(seconds) + " s\n"};
}

constexpr std::array table{
    Command{"set log LEVEL [AREA]",
            "From which level on lines are logged, of one area of the gateway or of all.", set_log,
            Effect::changes},
    Command{"set stats-period SECONDS",
            "How often statistics go to standard output; 0: at the end alone.", set_stats_period},
    Command{"reopen events", "Opens the event log's file anew: it was moved out of the way.",
            reopen_events, Effect::changes},
};

} // namespace

std::span<const Command> output_commands() {
    return table;
}

} // namespace mt6d::shell
