// SPDX-License-Identifier: BSD-3-Clause
// What the original MT6D's four files say, as they say it.
#pragma once

#include "control/config/session_key.hpp"
#include "tools/mt6dctl/import/text_lines.hpp"

#include <mt6d/address.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::importer {

// A line `name = value` of mt6d.ini.
struct Setting {
    std::string name; // in small letters
    std::string value;
    Place at; // of the name
};

// `users`: a host's name and its true address.
struct User {
    std::string name;
    Ipv6Address address;
    Place at;
};

// `ethers`: a host's MAC. The host is named by its address or its name.
struct Ether {
    std::string host;
    MacAddress mac;
    Place at;
};

// `profiles`: two hosts, each named by its name or its address, and their key.
struct Profile {
    std::string source;
    std::string destination;
    config::SessionKey key;
    bool key_is_text = false; // characters, not hexadecimal digits
    Place at;
};

struct Original {
    std::string settings_file;
    std::map<std::string, std::string> files; // by the setting that names one: what was read
    std::vector<Setting> settings;
    std::vector<User> users;
    std::vector<Ether> ethers;
    std::vector<Profile> profiles;

    // The last one of this name, or nothing.
    [[nodiscard]] const Setting* find(std::string_view name) const;
};

// Reads `directory`/mt6d.ini and the files that it names.
Original read_original(const std::string& directory, Problems& problems);

// The parts of it, each for a file's lines.
std::vector<Setting> parse_settings(const std::vector<Line>& lines, Problems& problems);
std::vector<User> parse_users(const std::vector<Line>& lines, Problems& problems);
std::vector<Ether> parse_ethers(const std::vector<Line>& lines, Problems& problems);
std::vector<Profile> parse_profiles(const std::vector<Line>& lines, Problems& problems);

} // namespace mt6d::importer
