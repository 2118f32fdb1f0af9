// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/routes.hpp"

#include "control/doctor/kernel_routes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace mt6d::doctor {

namespace {

constexpr std::size_t hex_digits_of_ipv6 = 32;
constexpr std::size_t hex_digits_of_word = 8;

std::uint32_t hex(std::string_view digits) {
    return static_cast<std::uint32_t>(std::strtoul(std::string(digits).c_str(), nullptr, 16));
}

// Four bytes in the order in which the kernel has them in memory, on this machine.
void put_word(Ipv6Address& address, std::size_t at, std::uint32_t word) {
    const auto bytes = std::bit_cast<std::array<std::uint8_t, 4>>(word);
    std::copy(bytes.begin(), bytes.end(), address.bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

Ipv6Address mapped(std::uint32_t word) {
    Ipv6Address address{};
    address.bytes[10] = address.bytes[11] = 0xff;
    put_word(address, 12, word);
    return address;
}

// "fe800000000000000000000000000001", the first byte first.
Ipv6Address plain_address(std::string_view digits) {
    Ipv6Address address{};
    for (std::size_t i = 0; i < address.bytes.size() && 2 * i + 2 <= digits.size(); ++i) {
        address.bytes[i] = static_cast<std::uint8_t>(hex(digits.substr(2 * i, 2)));
    }
    return address;
}

// "0100007F:0016": an address in words, and a port.
Ipv6Address socket_address(std::string_view text) {
    const std::string_view digits = text.substr(0, text.find(':'));
    if (digits.size() < hex_digits_of_ipv6) {
        return mapped(hex(digits));
    }
    Ipv6Address address{};
    for (std::size_t word = 0; word < 4; ++word) {
        put_word(address, 4 * word,
                 hex(digits.substr(hex_digits_of_word * word, hex_digits_of_word)));
    }
    return address;
}

// RTF_UP, and not RTF_REJECT.
bool is_usable(std::uint32_t flags) {
    return (flags & 0x1U) != 0 && (flags & 0x200U) == 0;
}

// Iface Destination Gateway Flags RefCnt Use Metric Mask ...
std::optional<Route> ipv4_route(const std::vector<std::string>& fields) {
    if (fields.size() < 8 || !is_usable(hex(fields[3]))) {
        return std::nullopt;
    }
    const auto bits = static_cast<std::uint8_t>(mapped_bits + std::popcount(hex(fields[7])));
    return Route{fields[0], {mapped(hex(fields[1])), bits}};
}

// Destination Length Source Length Gateway Metric RefCnt Use Flags Iface
std::optional<Route> ipv6_route(const std::vector<std::string>& fields) {
    if (fields.size() < 10 || !is_usable(hex(fields[8])) || fields[9] == "lo") {
        return std::nullopt;
    }
    return Route{fields[9], {plain_address(fields[0]), static_cast<std::uint8_t>(hex(fields[1]))}};
}

} // namespace

std::vector<Route> routes(const FileTree& files) {
    std::vector<Route> found = files.is_this_machine() ? kernel_routes() : std::vector<Route>{};
    const auto take = [&](const char* path, auto parse) {
        for (const std::string& line : files.lines(path)) {
            if (auto route = parse(words(line))) {
                found.push_back(*std::move(route));
            }
        }
    };
    take("/proc/net/route", ipv4_route);
    take("/proc/net/ipv6_route", ipv6_route);
    return found;
}

bool is_default(const Route& route) {
    return route.destination == Ipv6Prefix{{}, 0}
           || route.destination == Ipv6Prefix{mapped(0), mapped_bits};
}

std::vector<Connection> connections(const FileTree& files) {
    constexpr std::string_view established = "01";
    std::vector<Connection> found;
    for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        for (const std::string& line : files.lines(path)) {
            const auto fields = words(line); // number local remote state ...
            if (fields.size() < 4 || fields[3] != established) {
                continue;
            }
            const std::string& local = fields[1];
            found.push_back({socket_address(local), socket_address(fields[2]),
                             static_cast<std::uint16_t>(hex(local.substr(local.find(':') + 1)))});
        }
    }
    return found;
}

std::vector<InterfaceAddress> interface_addresses(const FileTree& files) {
    std::vector<InterfaceAddress> found =
        files.is_this_machine() ? kernel_addresses() : std::vector<InterfaceAddress>{};
    for (const std::string& line : files.lines("/proc/net/if_inet6")) {
        const auto fields = words(line); // address index length scope flags name
        if (fields.size() >= 6) {
            found.push_back({fields[5], plain_address(fields[0])});
        }
    }
    return found;
}

} // namespace mt6d::doctor
