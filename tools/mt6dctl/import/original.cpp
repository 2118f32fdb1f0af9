// SPDX-License-Identifier: BSD-3-Clause
// Which files there are, and mt6d.ini.
#include "tools/mt6dctl/import/original.hpp"

#include "control/config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace mt6d::importer {

namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

// A path that mt6d.ini gives was right on another machine: the file may lie beside mt6d.ini now.
fs::path find_file(const fs::path& directory, const Setting* location, std::string_view usual) {
    if (location == nullptr || location->value.empty()) {
        return directory / usual;
    }
    const fs::path given = location->value;
    for (const fs::path& path : {given, directory / given, directory / given.filename()}) {
        if (is_file(path)) {
            return path;
        }
    }
    return given;
}

std::vector<Line> read(const fs::path& path, const Setting* location, Problems& problems) {
    const auto text = read_text(path);
    if (text) {
        return split_lines(*text, path, problems);
    }
    const std::string& why = text.error().message;
    if (location == nullptr || is_file(path)) {
        problems.add(path, why);
    } else {
        problems.add(location->at,
                     fmt::format("{}: {}: put the file beside mt6d.ini, or mend its path",
                                 config::quoted(path.string()), why));
    }
    return {};
}

} // namespace

const Setting* Original::find(std::string_view name) const {
    const auto found = std::find_if(settings.rbegin(), settings.rend(),
                                    [&](const Setting& setting) { return setting.name == name; });
    return found == settings.rend() ? nullptr : &*found;
}

std::vector<Setting> parse_settings(const std::vector<Line>& lines, Problems& problems) {
    std::vector<Setting> settings;
    for (const Line& line : lines) {
        if (line.text.starts_with('[') && line.text.ends_with(']')) {
            continue; // sections: their names say nothing that the settings' do not
        }
        auto words = split_words(line, 2);
        if (words.empty()) {
            problems.add(line.at, "has no setting's name: write name = value");
            continue;
        }
        // "name:value"
        const auto colon = words[0].text.find(':');
        if (words.size() == 1 && colon != std::string::npos) {
            words.push_back({words[0].text.substr(colon + 1), words[0].at});
            words[0].text.resize(colon);
        }
        if (words.size() == 2 && words[1].text.starts_with(": ")) {
            words[1].text.erase(0, 2); // "name : value"
        }
        settings.push_back({in_small_letters(words[0].text),
                            words.size() == 2 ? words[1].text : std::string(), words[0].at});
    }
    return settings;
}

Original read_original(const std::string& directory, Problems& problems) {
    Original original;
    const fs::path base = directory;
    original.settings_file = base / "mt6d.ini";
    original.settings = parse_settings(read(original.settings_file, nullptr, problems), problems);
    const auto lines_of = [&](const std::string& setting, std::string_view usual) {
        const Setting* const location = original.find(setting);
        const fs::path path = find_file(base, location, usual);
        original.files[setting] = path;
        return read(path, location, problems);
    };
    original.users = parse_users(lines_of("users_location", "users"), problems);
    original.ethers = parse_ethers(lines_of("ethers_location", "ethers"), problems);
    original.profiles = parse_profiles(lines_of("profiles_location", "profiles"), problems);
    return original;
}

} // namespace mt6d::importer
