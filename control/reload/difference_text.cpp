// SPDX-License-Identifier: BSD-3-Clause
#include "control/reload/difference_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace mt6d::reload {
namespace {

using Json = nlohmann::ordered_json;

std::string streams_text(std::size_t count) {
    return fmt::format("{} {}", count, count == 1 ? "stream" : "streams");
}

// "2 streams to add: a-b, c-d"; nothing where there is none.
std::string list_text(std::string_view what, const std::vector<std::string>& names) {
    if (names.empty()) {
        return "";
    }
    const std::size_t named = std::min(names.size(), most_named);
    return fmt::format(
        "{} {}: {}{}\n", streams_text(names.size()), what,
        fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(named), ", "),
        named < names.size() ? fmt::format(", and {} more", names.size() - named) : "");
}

std::string setting_text(const config::Difference::Setting& setting) {
    return fmt::format("{}: {} to {}", setting.key, setting.before, setting.after);
}

Json settings_json(const std::vector<config::Difference::Setting>& settings) {
    Json list = Json::array();
    for (const auto& setting : settings) {
        list.push_back(
            {{"key", setting.key}, {"before", setting.before}, {"after", setting.after}});
    }
    return list;
}

template <class Each, class Name>
std::vector<std::string> names_of(const std::vector<Each>& streams, Name name) {
    std::vector<std::string> names;
    std::transform(streams.begin(), streams.end(), std::back_inserter(names), name);
    return names;
}

Json list_json(std::size_t count, const std::vector<Json>& entries) {
    return {{"count", count}, {"streams", entries}};
}

template <class Each, class Entry>
Json list_of(const std::vector<Each>& streams, Entry entry) {
    std::vector<Json> entries;
    for (std::size_t i = 0; i < std::min(streams.size(), most_named); ++i) {
        entries.push_back(entry(streams[i]));
    }
    return list_json(streams.size(), entries);
}

} // namespace

Json difference_json(const config::Difference& difference,
                     std::span<const config::StreamPtr> streams, const config::Config& next) {
    const auto now = [&](std::size_t i) { return Json(streams[i]->name); };
    const auto then = [&](std::size_t i) { return Json(next.streams[i].name); };
    const auto changed = [&](const config::Difference::Changed& one) {
        return Json{{"stream", streams[one.before]->name}, {"options", one.options}};
    };
    return {{"needs_restart", settings_json(difference.need_restart)},
            {"settings", settings_json(difference.settings)},
            {"added", list_of(difference.added, then)},
            {"begun_anew", list_of(difference.anew, changed)},
            {"altered", list_of(difference.altered, changed)},
            {"removed", list_of(difference.removed, now)},
            {"unchanged", difference.unchanged}};
}

std::string difference_text(const config::Difference& difference,
                            std::span<const config::StreamPtr> streams, const config::Config& next,
                            Tense tense) {
    const auto said = [tense](std::string_view future, std::string_view past) {
        return tense == Tense::future ? future : past;
    };
    const auto now = [&](std::size_t i) { return streams[i]->name; };
    const auto then = [&](std::size_t i) { return next.streams[i].name; };
    const auto changed = [&](const config::Difference::Changed& one) {
        return fmt::format("{} ({})", streams[one.before]->name, fmt::join(one.options, ", "));
    };
    std::string text;
    for (const auto& setting : difference.settings) {
        text += setting_text(setting) + "\n";
    }
    text += list_text(said("to add", "added"), names_of(difference.added, then));
    text += list_text(said("to begin anew, counters too", "begun anew, counters too"),
                      names_of(difference.anew, changed));
    text += list_text(said("to alter, and go on", "altered, and gone on"),
                      names_of(difference.altered, changed));
    text += list_text(said("to remove", "removed"), names_of(difference.removed, now));
    return text + streams_text(difference.unchanged) + " unchanged\n";
}

std::string restart_text(const config::Difference& difference) {
    std::string text;
    for (const auto& setting : difference.need_restart) {
        text += "\n  " + setting_text(setting);
    }
    return text;
}

} // namespace mt6d::reload
