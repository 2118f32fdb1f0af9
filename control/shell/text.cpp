// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

void write_outline(const Json& value, std::size_t indent, std::string& text);

std::string scalar_text(const Json& value) {
    if (value.is_null()) {
        return "none";
    }
    return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_simple(const Json& value) {
    return !value.is_object()
           && (!value.is_array() || std::none_of(value.begin(), value.end(), [](const Json& item) {
                  return item.is_structured();
              }));
}

std::string simple_text(const Json& value) {
    if (!value.is_array()) {
        return scalar_text(value);
    }
    std::string text;
    for (const Json& item : value) {
        text += (text.empty() ? "" : ", ") + scalar_text(item);
    }
    return text.empty() ? "none" : text;
}

void write_member(const std::string& name, const Json& value, std::size_t indent,
                  std::string& text) {
    text += std::string(indent, ' ') + name + ":";
    if (is_simple(value)) {
        text += " " + simple_text(value) + "\n";
    } else {
        text += "\n";
        write_outline(value, indent + 2, text);
    }
}

void write_outline(const Json& value, std::size_t indent, std::string& text) {
    if (value.is_object()) {
        for (const auto& [name, member] : value.items()) {
            write_member(name, member, indent, text);
        }
        return;
    }
    for (const Json& item : value) { // each begins with a dash
        std::string lines;
        write_outline(item, indent + 2, lines);
        lines.replace(indent, 1, "-");
        text += lines;
    }
}

} // namespace

std::string Table::text() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = columns_[i].heading.size();
        for (const auto& row : rows_) {
            width = std::max(width, row[i].size());
        }
        widths.push_back(width);
    }
    const auto line = [&](const auto& cell) {
        std::string text;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const bool right = columns_[i].align == Align::right;
            text += (i == 0 ? "" : "  ")
                    + (right ? fmt::format("{:>{}}", cell(i), widths[i])
                             : fmt::format("{:<{}}", cell(i), widths[i]));
        }
        text.erase(text.find_last_not_of(' ') + 1);
        return text + "\n";
    };
    std::string text = line([&](std::size_t i) { return columns_[i].heading; });
    for (const auto& row : rows_) {
        text += line([&](std::size_t i) { return row[i]; });
    }
    return text;
}

void Sheet::add(std::string_view name, std::string_view value) {
    text_ += fmt::format("  {}: {}\n", name, value);
}

std::string outline(const Json& facts) {
    std::string text;
    write_outline(facts, 0, text);
    return text;
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1000 && unit + 1 < units.size(); ++unit) {
        value /= 1000;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.2f} {}", value, units[unit]);
}

std::string duration_text(std::int64_t seconds) {
    constexpr std::array<std::pair<std::int64_t, const char*>, 4> units{
        {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
    std::string text;
    for (const auto& [size, name] : units) {
        if (!text.empty() || seconds >= size || size == 1) {
            text += fmt::format("{}{} {}", text.empty() ? "" : " ", seconds / size, name);
            seconds %= size;
        }
    }
    return text;
}

} // namespace mt6d::shell
