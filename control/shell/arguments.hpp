// SPDX-License-Identifier: BSD-3-Clause
// What a command was given in the places of its placeholders, by their names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d::shell {

class Arguments {
public:
    void add(std::string name, std::string value) {
        values_.emplace_back(std::move(name), std::move(value));
    }
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    // Precondition: has(name).
    [[nodiscard]] const std::string& text(std::string_view name) const { return *find(name); }
    // Precondition: has(name), and the grammar has a number there.
    [[nodiscard]] std::uint64_t number(std::string_view name) const {
        return std::strtoull(text(name).c_str(), nullptr, 10);
    }

private:
    [[nodiscard]] const std::string* find(std::string_view name) const {
        const auto found = std::find_if(values_.begin(), values_.end(),
                                        [&](const auto& value) { return value.first == name; });
        return found == values_.end() ? nullptr : &found->second;
    }

    std::vector<std::pair<std::string, std::string>> values_;
};

} // namespace mt6d::shell
