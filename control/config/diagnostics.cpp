// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

namespace {

// Of a streams file with a million bad lines, only what may be printed is worth the memory.
constexpr std::size_t most_stored = 10'000;

// At the beginning of `text`.
std::size_t count_hex_digits(std::string_view text) {
    return std::min(text.find_first_not_of("0123456789abcdefABCDEF"), text.size());
}

constexpr std::size_t index_of(Origin origin) {
    return static_cast<std::size_t>(origin);
}

} // namespace

Position Diagnostics::add_override(std::string key) {
    overrides_.push_back(std::move(key));
    return {Origin::override_option, static_cast<std::uint32_t>(overrides_.size()), 0};
}

std::string Diagnostics::where(Position at) const {
    if (at.origin == Origin::override_option) {
        return "--set " + overrides_.at(at.line - 1);
    }
    const std::string& file = files_.at(index_of(at.origin));
    return at.line == 0 ? file : fmt::format("{}:{}:{}", file, at.line, at.column);
}

void Diagnostics::add(List& list, Position at, std::string message) {
    if (++list.counts.at(index_of(at.origin)) <= most_stored) {
        list.entries.push_back({std::move(message), at});
    }
}

void Diagnostics::warn_once(Position at, std::string_view message) {
    const auto& said = warnings_.entries;
    if (std::none_of(said.begin(), said.end(),
                     [&](const auto& entry) { return entry.value == message; })) {
        warning(at, std::string(message));
    }
}

std::vector<Diagnostic> Diagnostics::sorted(const List& list) const {
    std::vector<const Located<std::string>*> entries;
    for (const auto& entry : list.entries) {
        entries.push_back(&entry);
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto* a, const auto* b) { return a->at < b->at; });

    std::vector<Diagnostic> result;
    std::array<std::size_t, origin_count> printed{};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Position at = entries[i]->at;
        const std::size_t origin = index_of(at.origin);
        if (printed.at(origin) < most_printed) {
            ++printed.at(origin);
            result.push_back({where(at), entries[i]->value});
        }
        const bool last_of_origin =
            i + 1 == entries.size() || entries[i + 1]->at.origin != at.origin;
        const std::size_t left = list.counts.at(origin) - printed.at(origin);
        if (last_of_origin && left != 0) {
            const std::string file =
                at.origin == Origin::override_option ? "--set" : files_.at(origin);
            result.push_back({file, fmt::format("and {} more", left)});
        }
    }
    return result;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t most_shown = 80;
    constexpr std::size_t shortest_key = 32; // digits
    std::string result = "'";
    for (std::size_t i = 0; i < text.size() && i < most_shown;) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t digits = count_hex_digits(text.substr(i));
        if (digits >= shortest_key) {
            result += fmt::format("[{} hexadecimal digits]", digits);
            i += digits;
        } else if (digits != 0) {
            result += text.substr(i, digits);
            i += digits;
        } else {
            result += byte < 0x20 || byte >= 0x7f ? fmt::format("\\x{:02x}", byte)
                                                  : std::string(1, text[i]);
            ++i;
        }
    }
    return result + (text.size() > most_shown ? "...'" : "'");
}

} // namespace mt6d::config
