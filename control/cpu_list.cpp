// SPDX-License-Identifier: BSD-3-Clause
#include "control/cpu_list.hpp"

#include <fmt/format.h>

#include <charconv>

namespace mt6d {

std::string cpu_list(std::span<const std::uint32_t> cpus) {
    std::string list;
    for (std::size_t i = 0; i < cpus.size();) {
        std::size_t last = i;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) {
            ++last;
        }
        list += fmt::format("{}{}", list.empty() ? "" : ",", cpus[i]);
        if (last > i) {
            list += fmt::format("-{}", cpus[last]);
        }
        i = last + 1;
    }
    return list;
}

std::vector<std::uint32_t> parse_cpu_list(std::string_view text) {
    std::vector<std::uint32_t> cpus;
    const char* next = text.data();
    const char* const end = next + text.size();
    const auto number = [&](std::uint32_t& value) {
        const auto [rest, failure] = std::from_chars(next, end, value);
        next = rest;
        return failure == std::errc{};
    };
    constexpr std::uint32_t most = 1U << 16U; // far more than any kernel's
    for (std::uint32_t first = 0; number(first);) {
        std::uint32_t last = first;
        if (next != end && *next == '-') {
            ++next;
            if (!number(last)) {
                break;
            }
        }
        for (std::uint32_t cpu = first; cpu <= last && cpu < most; ++cpu) {
            cpus.push_back(cpu);
        }
        if (next == end || *next != ',') {
            break;
        }
        ++next;
    }
    return cpus;
}

} // namespace mt6d
