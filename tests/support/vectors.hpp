// SPDX-License-Identifier: BSD-3-Clause
// The protocol's vectors (tests/vectors/*.json), and bytes written as hexadecimal digits.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::test {

// The "vectors" array of one file. MT6D_VECTORS comes from the build: the folder.
inline nlohmann::json vectors(const std::string& file) {
    std::ifstream input(std::string(MT6D_VECTORS "/") + file);
    if (!input) {
        throw std::runtime_error("cannot read " MT6D_VECTORS "/" + file);
    }
    auto found = nlohmann::json::parse(input).at("vectors");
    if (found.empty()) {
        throw std::runtime_error(file + " holds no vectors");
    }
    return found;
}

inline std::vector<std::uint8_t> from_hex(std::string_view digits) {
    if (digits.size() % 2 != 0) {
        throw std::invalid_argument("odd number of hexadecimal digits");
    }
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const std::string pair(digits.substr(i, 2));
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(pair, nullptr, 16)));
    }
    return bytes;
}

} // namespace mt6d::test
