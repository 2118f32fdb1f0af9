// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/hex.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace mt6d::shell {

Result<std::vector<std::uint8_t>> octets_from_hex(std::string_view text) {
    constexpr int base = 16;
    std::vector<std::uint8_t> octets;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == ':') {
            ++at;
            continue;
        }
        const std::string_view pair = text.substr(at, 2);
        std::uint8_t octet = 0;
        const auto [end, failure] =
            std::from_chars(pair.data(), pair.data() + pair.size(), octet, base);
        if (pair.size() < 2 || failure != std::errc() || end != pair.data() + pair.size()) {
            return Error{
                fmt::format("'{}', character {} of the packet: two hexadecimal digits make "
                            "an octet; write the frame from its Ethernet header on",
                            pair, at + 1)};
        }
        octets.push_back(octet);
        at += 2;
    }
    return octets;
}

std::string hex_of(std::span<const std::uint8_t> octets) {
    std::string text;
    for (const std::uint8_t octet : octets) {
        text += fmt::format("{:02x}", octet);
    }
    return text;
}

} // namespace mt6d::shell
