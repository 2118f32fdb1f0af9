// SPDX-License-Identifier: BSD-3-Clause
// Facts as people read them. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {

// Rows under headings, each column as wide as it has to be.
class Table {
public:
    enum class Align : std::uint8_t { left, right };
    struct Column {
        std::string heading;
        Align align = Align::left;
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    // One cell for each column.
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::string text() const;

private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

// "  name: value" lines under a heading, as `wg show` has them.
class Sheet {
public:
    explicit Sheet(std::string heading) : text_(std::move(heading) + "\n") {}
    void add(std::string_view name, std::string_view value);
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

// An object in lines of "name: value", what is inside others indented, an empty value as "none".
std::string outline(const nlohmann::ordered_json& facts);

// "1.21 kB", "3.40 GB": powers of 1000.
std::string bytes_text(std::uint64_t bytes);
// "1 d 2 h 3 min 4 s", without what is zero before it; "0 s".
std::string duration_text(std::int64_t seconds);

} // namespace mt6d::shell
