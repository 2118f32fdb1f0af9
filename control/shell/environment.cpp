// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/environment.hpp"

#include "control/config/suggestion.hpp"
#include "control/shell/explain.hpp"
#include "control/shell/parser.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mt6d::shell {

Environment::Environment(Appliance& appliance, StatisticsPrinter& printer,
                         reload::Reloader& reloader)
    : appliance_(appliance), printer_(printer), reloader_(reloader),
      tally_([&appliance] { return appliance.statistics(); }),
      tracer_(appliance.gateway().inspector()), capturer_(appliance.gateway().inspector()),
      simulator_(appliance.gateway().inspector()) {}

std::chrono::seconds Environment::uptime() const {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now()
                                                            - start_);
}

Result<StreamEntry> Environment::find_stream(std::string_view name) const {
    const StreamDirectoryPtr streams = gateway().directory();
    if (const StreamEntry* const found = streams->find(name)) {
        return *found;
    }
    // Of very many, those that begin alike are near enough.
    const auto near = stream_names(name.substr(0, 1), Parser::most_names);
    const std::vector<std::string_view> candidates(near.begin(), near.end());
    return Error{"there is no stream '" + shown(name) + "'" + config::suggestion(name, candidates)
                 + (streams->entries.empty() ? "" : "; show streams lists them")};
}

std::vector<std::string> Environment::stream_names(std::string_view prefix,
                                                   std::size_t most) const {
    std::vector<std::string> names;
    const StreamDirectoryPtr streams = gateway().directory();
    for (const StreamEntry& entry : streams->entries) {
        if (names.size() == most) {
            break;
        }
        if (entry.stream->name.starts_with(prefix)) {
            names.push_back(entry.stream->name);
        }
    }
    return names;
}

std::vector<std::string> Environment::completions(std::string_view prefix, std::size_t most) const {
    std::vector<std::string> names;
    std::optional<std::string> common; // what all names with the prefix begin with
    std::size_t count = 0;
    const StreamDirectoryPtr streams = gateway().directory();
    for (const StreamEntry& entry : streams->entries) {
        const std::string& name = entry.stream->name;
        if (!name.starts_with(prefix)) {
            continue;
        }
        common = common.value_or(name);
        const auto differ = std::mismatch(common->begin(), common->end(), name.begin(), name.end());
        common->erase(differ.first, common->end());
        if (++count <= most) {
            names.push_back(name);
        }
    }
    if (count > most) {
        names.push_back(*common + "…");
    }
    return names;
}

DeviceStatistics Environment::device_statistics(dataplane::Side side) const {
    DeviceStatistics statistics;
    for (auto& [name, value] : appliance_.port(side).extended_counters()) {
        statistics.emplace(std::move(name), value);
    }
    return statistics;
}

} // namespace mt6d::shell
