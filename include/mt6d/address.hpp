// SPDX-License-Identifier: BSD-3-Clause
// IPv6 and Ethernet addresses as they lie on the wire, with their text forms.
#pragma once

#include <mt6d/endian.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mt6d {

struct MacAddress {
    std::array<std::uint8_t, 6> bytes{};

    friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
    // By words: the packet path compares one address a packet.
    friend constexpr bool operator==(const MacAddress& a, const MacAddress& b) {
        return a.halves() == b.halves();
    }
    [[nodiscard]] constexpr bool is_multicast() const { return (bytes[0] & 1U) != 0; }
    [[nodiscard]] constexpr bool is_zero() const { return *this == MacAddress{}; }

    // "02:00:5e:10:00:01": six pairs of hexadecimal digits, nothing else.
    static std::optional<MacAddress> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

private:
    [[nodiscard]] constexpr std::uint64_t halves() const {
        struct Halves {
            std::array<std::uint8_t, 4> first;
            std::array<std::uint8_t, 2> second;
        };
        const auto split = std::bit_cast<Halves>(bytes);
        return std::uint64_t{std::bit_cast<std::uint32_t>(split.first)} << 16U
               | std::bit_cast<std::uint16_t>(split.second);
    }
};
static_assert(sizeof(MacAddress) == 6 && alignof(MacAddress) == 1);

struct Ipv6Address {
    std::array<std::uint8_t, 16> bytes{};

    friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
    friend constexpr bool operator==(const Ipv6Address& a, const Ipv6Address& b) {
        return a.halves() == b.halves();
    }
    [[nodiscard]] constexpr bool is_multicast() const { return bytes[0] == 0xff; }
    [[nodiscard]] constexpr bool is_unspecified() const { return *this == Ipv6Address{}; }
    [[nodiscard]] constexpr bool is_link_local() const {
        return bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80;
    }

    static std::optional<Ipv6Address> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    // ff02::1:ffXX:XXXX (RFC 4291, 2.7.1).
    [[nodiscard]] constexpr Ipv6Address solicited_node_group() const {
        Ipv6Address group{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0}};
        std::copy(bytes.begin() + 13, bytes.end(), group.bytes.begin() + 13);
        return group;
    }
    // 33:33 and the last four bytes (RFC 2464, 7). Precondition: is_multicast().
    [[nodiscard]] constexpr MacAddress multicast_mac() const {
        return MacAddress{{0x33, 0x33, bytes[12], bytes[13], bytes[14], bytes[15]}};
    }
    // fe80:: with a modified EUI-64 (RFC 4291, appendix A).
    static constexpr Ipv6Address link_local(const MacAddress& mac) {
        const auto& m = mac.bytes;
        return {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(m[0] ^ 2U), m[1], m[2],
                 0xff, 0xfe, m[3], m[4], m[5]}};
    }

private:
    struct Halves {
        std::uint64_t first;
        std::uint64_t second;
        friend constexpr bool operator==(const Halves&, const Halves&) = default;
    };
    [[nodiscard]] constexpr Halves halves() const { return std::bit_cast<Halves>(bytes); }
};
static_assert(sizeof(Ipv6Address) == 16 && alignof(Ipv6Address) == 1);

inline constexpr Ipv6Address all_nodes{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
inline constexpr Ipv6Address all_routers{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
// All that listen to version 2 reports (RFC 3810, 5.2.14).
inline constexpr Ipv6Address all_mld_routers{
    {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16}};

struct Ipv6Prefix {
    Ipv6Address address{};
    std::uint8_t length = 0; // bits, 0 to 128

    friend constexpr auto operator<=>(const Ipv6Prefix&, const Ipv6Prefix&) = default;
    [[nodiscard]] constexpr bool contains(const Ipv6Address& other) const {
        const std::size_t whole = length / 8U;
        if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole,
                        other.bytes.begin())) {
            return false;
        }
        const unsigned rest = length % 8U;
        const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
        return rest == 0 || ((address.bytes[whole] ^ other.bytes[whole]) & mask) == 0;
    }

    // "2001:db8::/32"; bits beyond the length must be zero.
    static std::optional<Ipv6Prefix> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
};

inline std::optional<MacAddress> MacAddress::parse(std::string_view text) {
    MacAddress mac;
    if (text.size() != 17) {
        return std::nullopt;
    }
    const auto digit = [](char c) -> int {
        if (c >= '0' && c <= '9') {
            return c - '0';
        }
        const char lower = static_cast<char>(c | 0x20);
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    };
    for (std::size_t i = 0; i < mac.bytes.size(); ++i) {
        const int high = digit(text[3 * i]);
        const int low = digit(text[3 * i + 1]);
        if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':')) {
            return std::nullopt;
        }
        mac.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return mac;
}

inline std::string MacAddress::text() const {
    std::array<char, 18> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                  bytes[2], bytes[3], bytes[4], bytes[5]);
    return buffer.data();
}

inline std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) {
    Ipv6Address address;
    const std::string terminated(text);
    if (terminated.size() != std::strlen(terminated.c_str())
        || inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) {
        return std::nullopt;
    }
    return address;
}

inline std::string Ipv6Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
    return buffer.data();
}

inline std::optional<Ipv6Prefix> Ipv6Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = Ipv6Address::parse(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    if (!address || digits.empty() || digits.size() > 3
        || !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })
        || (digits.size() > 1 && digits[0] == '0')) {
        return std::nullopt;
    }
    unsigned length = 0;
    for (const char c : digits) {
        length = length * 10 + static_cast<unsigned>(c - '0');
    }
    if (length > 128) {
        return std::nullopt;
    }
    for (unsigned bit = length; bit < 128; ++bit) {
        if ((address->bytes[bit / 8] >> (7 - bit % 8) & 1U) != 0) {
            return std::nullopt;
        }
    }
    return Ipv6Prefix{*address, static_cast<std::uint8_t>(length)};
}

inline std::string Ipv6Prefix::text() const {
    return address.text() + "/" + std::to_string(length);
}

} // namespace mt6d

template <>
struct std::hash<mt6d::Ipv6Address> {
    std::size_t operator()(const mt6d::Ipv6Address& address) const noexcept {
        return std::hash<std::string_view>{}(std::string_view(
            reinterpret_cast<const char*>(address.bytes.data()), address.bytes.size()));
    }
};
