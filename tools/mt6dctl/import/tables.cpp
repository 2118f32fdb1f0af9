// SPDX-License-Identifier: BSD-3-Clause
// The original's tables: users, ethers and profiles.
#include "control/config/scalars.hpp"
#include "tools/mt6dctl/import/original.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace mt6d::importer {

namespace {

// "alice:2001:db8::a" is two words as well: splits the last word at its first colon.
void split_at_colon(std::vector<Word>& words) {
    const auto colon = words.empty() ? std::string::npos : words.back().text.find(':');
    if (colon != std::string::npos && colon != 0) {
        Word rest{words.back().text.substr(colon + 1), words.back().at};
        rest.at.column += static_cast<std::uint32_t>(colon + 1);
        words.back().text.resize(colon);
        words.push_back(std::move(rest));
    }
}

// Both orders are in use: hosts(5) and ethers(5) begin with the address. True if two words are
// there and the second is what `is_value` looks for, exchanged if need be.
template <class IsValue>
bool read_pair(std::vector<Word>& words, IsValue is_value) {
    if (words.size() == 1) {
        split_at_colon(words);
    }
    if (words.size() != 2) {
        return false;
    }
    if (is_value(words[0].text) && !is_value(words[1].text)) {
        std::swap(words[0], words[1]);
    }
    return is_value(words[1].text);
}

constexpr std::size_t more_than_a_pair = 3;

// ethers(5) leaves out leading zeros: 2:0:0:0:0:a. Windows writes dashes.
std::optional<MacAddress> parse_mac(std::string_view text) {
    std::string full;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(":-"), text.size());
        full += full.empty() ? "" : ":";
        full += end == 1 ? "0" : "";
        full += text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return MacAddress::parse(full);
}

bool is_hexadecimal(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
}

// A profile's key: hexadecimal digits are bytes, anything else is characters. Messages never show
// it.
bool read_key(std::string_view text, Profile& profile, const Place& at, Problems& problems) {
    if (is_hexadecimal(text) && text.size() >= 2 * config::SessionKey::min_size
        && text.size() % 2 == 0) {
        if (auto key = config::SessionKey::from_hex(text)) {
            profile.key = *std::move(key);
            return true;
        }
    }
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    auto key = config::SessionKey::from_bytes(std::span(bytes, text.size()));
    if (!key) {
        problems.add(at, fmt::format("the key has {} characters, and 16 to 64 bytes are needed: "
                                     "make one with mt6dctl keygen, and write its digits here at "
                                     "both sites",
                                     text.size()));
        return false;
    }
    profile.key = *std::move(key);
    profile.key_is_text = true;
    return true;
}

} // namespace

std::vector<User> parse_users(const std::vector<Line>& lines, Problems& problems) {
    const auto is_address = [](const std::string& text) {
        return Ipv6Address::parse(text).has_value();
    };
    std::vector<User> users;
    for (const Line& line : lines) {
        auto words = split_words(line, more_than_a_pair);
        if (!read_pair(words, is_address)) {
            problems.add(line.at, "is not a host's name and its IPv6 address: write alice "
                                  "2001:db8::a");
            continue;
        }
        if (const auto name = config::parse_name(words[0].text, 63); !name) {
            problems.add(words[0].at, name.error().message);
        } else if (const auto address = config::parse_host_address(words[1].text); !address) {
            problems.add(words[1].at, address.error().message);
        } else {
            users.push_back({*name, *address, words[0].at});
        }
    }
    return users;
}

std::vector<Ether> parse_ethers(const std::vector<Line>& lines, Problems& problems) {
    const auto is_mac = [](const std::string& text) { return parse_mac(text).has_value(); };
    std::vector<Ether> ethers;
    for (const Line& line : lines) {
        auto words = split_words(line, more_than_a_pair);
        if (!read_pair(words, is_mac)) {
            problems.add(line.at, "is not a host's address and its MAC address: write 2001:db8::a "
                                  "02:00:00:00:00:0a");
            continue;
        }
        ethers.push_back({words[0].text, *parse_mac(words[1].text), words[0].at});
    }
    return ethers;
}

std::vector<Profile> parse_profiles(const std::vector<Line>& lines, Problems& problems) {
    constexpr std::size_t fields = 3;
    std::vector<Profile> profiles;
    for (const Line& line : lines) {
        auto words = split_words(line, fields);
        if (words.size() == 1 && std::ranges::count(line.text, ':') == fields - 1) {
            split_at_colon(words); // alice:bob:KEY
            split_at_colon(words);
        }
        if (words.size() != fields) {
            // Which of the words is the key nobody can know: none is shown.
            problems.add(line.at, "is not a source host, a destination host and their key: write "
                                  "alice bob KEY");
            continue;
        }
        Profile profile;
        profile.source = words[0].text;
        profile.destination = words[1].text;
        profile.at = line.at;
        if (read_key(words[2].text, profile, words[2].at, problems)) {
            profiles.push_back(std::move(profile));
        }
    }
    return profiles;
}

} // namespace mt6d::importer
