// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/scalars.hpp"

#include <mt6d/salt.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace mt6d::config {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// One of a few words, each with its meaning.
template <class T, std::size_t size>
Result<T> parse_choice(std::string_view text,
                       const std::array<std::pair<std::string_view, T>, size>& choices) {
    std::array<std::string_view, size> words{};
    std::string list;
    for (std::size_t i = 0; i < size; ++i) {
        if (choices[i].first == text) {
            return choices[i].second;
        }
        words[i] = choices[i].first;
        list += (i == 0 ? "" : i + 1 == size ? " or " : ", ");
        list += words[i];
    }
    return Error{fmt::format("{} is not known here: write {}{}", quoted(text), list,
                             suggestion(text, words))};
}

std::string leading_zero(std::string_view text) {
    return fmt::format("{} has a leading zero, which some read as octal: write the number without "
                       "it",
                       quoted(text));
}

// The number before a unit, and the unit.
struct Quantity {
    std::uint64_t count;
    std::string_view unit;
};

Result<Quantity> parse_quantity(std::string_view text, std::string_view example) {
    const auto unit = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto digits = static_cast<std::size_t>(unit - text.begin());
    if (digits == 0) {
        return Error{fmt::format("{} does not begin with a number: write a whole number and a "
                                 "unit, like {}",
                                 quoted(text), example)};
    }
    // Messages show the whole text: a part of it might be a part of a key in the wrong place.
    if (digits > 1 && text[0] == '0') {
        return Error{leading_zero(text)};
    }
    const auto count =
        parse_number(text.substr(0, digits), 0, std::numeric_limits<std::uint64_t>::max());
    if (!count) {
        return Error{
            fmt::format("{} is far out of range: write a value like {}", quoted(text), example)};
    }
    return Quantity{*count, text.substr(digits)};
}

} // namespace

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
        return Error{fmt::format("{} is not a number: write decimal digits, {} to {}", quoted(text),
                                 least, most)};
    }
    if (text.size() > 1 && text[0] == '0') {
        return Error{leading_zero(text)};
    }
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || value < least || value > most) {
        return Error{fmt::format("{} is out of range: write {} to {}", quoted(text), least, most)};
    }
    return value;
}

Result<bool> parse_boolean(std::string_view text) {
    if (text == "true" || text == "false") {
        return text == "true";
    }
    return Error{fmt::format("{} is neither true nor false: write one of the two", quoted(text))};
}

Result<std::uint32_t> parse_seconds(std::string_view text) {
    constexpr std::uint64_t most = 366ULL * 24 * 3600;
    const auto quantity = parse_quantity(text, "10s, 5m or 1h");
    if (!quantity) {
        return quantity.error();
    }
    const auto [count, unit] = *quantity;
    if (unit.empty()) {
        return Error{fmt::format("{} has no unit: write {}s, {}m or {}h", quoted(text), count,
                                 count, count)};
    }
    if (unit == "ms" || unit[0] == '.') {
        return Error{fmt::format("{} is not a whole number of seconds: write whole seconds, "
                                 "like 1s",
                                 quoted(text))};
    }
    const std::uint64_t factor = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3600 : 0;
    if (factor == 0) {
        return Error{fmt::format("{} has an unknown unit: write s (seconds), m (minutes) or h "
                                 "(hours) right after the number",
                                 quoted(text))};
    }
    if (count == 0 || count > most / factor) {
        return Error{fmt::format("{} is out of range: write 1s to {}h", quoted(text), most / 3600)};
    }
    return static_cast<std::uint32_t>(count * factor);
}

Result<std::uint32_t> parse_rotation(std::string_view text) {
    const auto seconds = parse_seconds(text);
    if (seconds && !is_rotation_time(*seconds)) {
        const std::uint32_t below = *seconds - *seconds % 10;
        return Error{fmt::format("{} is no rotation time, which is 1s to 9s or a multiple of 10s: "
                                 "write {}s or {}s",
                                 quoted(text), below, below + 10)};
    }
    return seconds;
}

Result<std::uint32_t> parse_memory(std::string_view text) {
    constexpr std::uint64_t least = 64;
    constexpr std::uint64_t most = 1024ULL * 1024;
    const auto quantity = parse_quantity(text, "512M or 2G");
    if (!quantity) {
        return quantity.error();
    }
    const auto [count, unit] = *quantity;
    if (unit != "M" && unit != "G") {
        return Error{fmt::format("{} has {} unit: write M (MiB) or G (GiB) right after the "
                                 "number, like 512M",
                                 quoted(text), unit.empty() ? "no" : "an unknown")};
    }
    const std::uint64_t factor = unit == "G" ? 1024 : 1;
    if (count > most / factor || count * factor < least) {
        return Error{fmt::format("{} is out of range: write 64M to 1024G", quoted(text))};
    }
    return static_cast<std::uint32_t>(count * factor);
}

Result<MacAddress> parse_mac(std::string_view text) {
    const auto mac = MacAddress::parse(text);
    if (!mac) {
        return Error{
            fmt::format("{} is not a MAC address: write it like 02:00:00:00:00:01", quoted(text))};
    }
    if (mac->is_zero() || mac->is_multicast()) {
        return Error{fmt::format("{} is {}: write the address of one interface", mac->text(),
                                 mac->is_zero() ? "zero" : "a group address")};
    }
    return *mac;
}

Result<Ipv6Address> parse_address(std::string_view text) {
    const auto address = Ipv6Address::parse(text);
    if (!address) {
        return Error{fmt::format("{} is not an IPv6 address: write it like 2001:db8::1{}",
                                 quoted(text),
                                 text.find('/') != std::string_view::npos ? ", without a prefix "
                                                                            "length"
                                                                          : "")};
    }
    return *address;
}

Result<Ipv6Address> parse_unicast_address(std::string_view text) {
    const auto address = parse_address(text);
    if (address && (address->is_multicast() || address->is_unspecified())) {
        return Error{fmt::format("{} is {}: write a unicast address", address->text(),
                                 address->is_multicast() ? "a multicast address"
                                                         : "the unspecified address")};
    }
    return address;
}

Result<Ipv6Address> parse_host_address(std::string_view text) {
    constexpr Ipv6Prefix loopback_and_compatible{{}, 96}; // RFC 4291, 2.5.3 and 2.5.5.1
    constexpr Ipv6Prefix mapped{{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, 96};
    const auto address = parse_unicast_address(text);
    if (!address) {
        return address;
    }
    const char* const kind = address->is_link_local()                     ? "a link-local"
                             : loopback_and_compatible.contains(*address) ? "a loopback or "
                                                                            "IPv4-compatible"
                             : mapped.contains(*address)                  ? "an IPv4-mapped"
                                                                          : nullptr;
    if (kind != nullptr) {
        return Error{fmt::format("{} is {} address, which is never routed to another site: write "
                                 "the host's global or unique local address",
                                 address->text(), kind)};
    }
    return address;
}

namespace {

Result<Ipv6Prefix> parse_prefix(std::string_view text) {
    if (const auto prefix = Ipv6Prefix::parse(text)) {
        return *prefix;
    }
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        return Error{fmt::format("{} is not a prefix: write it with its length, like "
                                 "2001:db8:1::/64",
                                 quoted(text))};
    }
    const char* const why = Ipv6Address::parse(text.substr(0, slash))
                                ? "its length is not 0 to 128, or bits beyond the length are set"
                                : "what stands before '/' is no IPv6 address";
    return Error{
        fmt::format("{} is not a prefix ({}): write it like 2001:db8:1::/64", quoted(text), why)};
}

} // namespace

Result<Ipv6Prefix> parse_on_link_prefix(std::string_view text) {
    const auto prefix = parse_prefix(text);
    if (!prefix) {
        return prefix;
    }
    if (prefix->length < 16) {
        return Error{fmt::format("{} is too large for one link: write the prefix of the external "
                                 "link, mostly a /64",
                                 prefix->text())};
    }
    if (prefix->address.is_multicast() || prefix->address.is_link_local()) {
        return Error{
            fmt::format("{} is {}: remove it, and list global or unique local prefixes "
                        "only",
                        prefix->text(),
                        prefix->address.is_multicast() ? "a range of groups" : "always on-link")};
    }
    return prefix;
}

Result<Ipv6Prefix> parse_hashed_prefix(std::string_view text) {
    const auto prefix = parse_prefix(text);
    if (!prefix) {
        return prefix;
    }
    if (prefix->length != 64) {
        return Error{fmt::format("{} is not a /64: hashed addresses need 64 bits after the prefix "
                                 "(docs/protocol.md, section 4)",
                                 prefix->text())};
    }
    if (prefix->address.is_multicast() || prefix->address.is_link_local()
        || prefix->address.is_unspecified()) {
        return Error{fmt::format("{} cannot be routed: write a global or unique local /64 that is "
                                 "routed to the gateway",
                                 prefix->text())};
    }
    return prefix;
}

Result<std::string> parse_name(std::string_view text, std::size_t longest) {
    const auto is_alphanumeric = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    const bool good =
        !text.empty() && text.size() <= longest && is_alphanumeric(text[0])
        && std::all_of(text.begin(), text.end(), [&](char c) {
               return is_alphanumeric(c) || c == '.' || c == '-' || c == '_' || c == ':';
           });
    if (!good) {
        return Error{fmt::format("{} is no name: write 1 to {} letters, digits and '.', '-', '_', "
                                 "':', beginning with a letter or digit",
                                 quoted(text), longest)};
    }
    return std::string(text);
}

Result<std::string> parse_gateway_name(std::string_view text) {
    const bool good =
        !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
            return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
        });
    if (!good) {
        return Error{
            fmt::format("{} is no gateway name: write 1 to 32 of a-z, 0-9 and '-'", quoted(text))};
    }
    return std::string(text);
}

Result<Core> parse_core(std::string_view text) {
    constexpr std::uint64_t highest = 1023;
    if (text == "any") {
        return Core{};
    }
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
        return Error{fmt::format("{} is no CPU: write its number, or any", quoted(text))};
    }
    const auto number = parse_number(text, 0, highest);
    if (!number) {
        return number.error();
    }
    return Core{static_cast<std::uint32_t>(*number)};
}

Result<Mode> parse_mode(std::string_view text) {
    return parse_choice<Mode, 2>(text, {{{"gateway", Mode::gateway}, {"host", Mode::host}}});
}

Result<Unprotected> parse_unprotected(std::string_view text) {
    return parse_choice<Unprotected, 2>(
        text, {{{"proxy", Unprotected::proxy}, {"drop", Unprotected::drop}}});
}

Result<OtherFrames> parse_other_frames(std::string_view text) {
    return parse_choice<OtherFrames, 2>(
        text, {{{"drop", OtherFrames::drop}, {"forward", OtherFrames::forward}}});
}

Result<Advertisements> parse_advertisements(std::string_view text) {
    return parse_choice<Advertisements, 2>(
        text, {{{"learn", Advertisements::learn}, {"ignore", Advertisements::ignore}}});
}

Result<Idle> parse_idle(std::string_view text) {
    return parse_choice<Idle, 3>(
        text, {{{"poll", Idle::poll}, {"sleep", Idle::sleep}, {"interrupt", Idle::interrupt}}});
}

Result<bool> parse_hugepages(std::string_view text) {
    return parse_choice<bool, 2>(text, {{{"auto", true}, {"off", false}}});
}

Result<Hash> parse_hash(std::string_view text) {
    return parse_choice<Hash, 3>(
        text, {{{"sha256", Hash::sha256}, {"sha384", Hash::sha384}, {"sha512", Hash::sha512}}});
}

Result<Cipher> parse_cipher(std::string_view text) {
    return parse_choice<Cipher, 3>(text, {{{"aes-256-gcm", Cipher::aes_256_gcm},
                                           {"aes-256-cbc", Cipher::aes_256_cbc},
                                           {"none", Cipher::none}}});
}

Result<KeyMethod> parse_key_method(std::string_view text) {
    return parse_choice<KeyMethod, 3>(
        text,
        {{{"x25519", KeyMethod::x25519}, {"wrap", KeyMethod::wrap}, {"off", KeyMethod::off}}});
}

Result<Crypto> parse_crypto(std::string_view text) {
    return parse_choice<Crypto, 4>(text, {{{"auto", Crypto::automatic},
                                           {"multi-buffer", Crypto::multi_buffer},
                                           {"cryptodev", Crypto::device},
                                           {"openssl", Crypto::openssl}}});
}

Result<log::Format> parse_log_format(std::string_view text) {
    return parse_choice<log::Format, 2>(
        text, {{{"text", log::Format::text}, {"json", log::Format::json}}});
}

Result<log::Level> parse_log_level(std::string_view text) {
    return parse_choice<log::Level, 4>(text, {{{"debug", log::Level::debug},
                                               {"info", log::Level::info},
                                               {"warning", log::Level::warning},
                                               {"error", log::Level::error}}});
}

Result<std::string> parse_socket(std::string_view text) {
    constexpr std::size_t longest = 102; // of the 107 of a socket's address, with ".lock"
    if (text == "none") {
        return std::string();
    }
    if (!text.starts_with('/') || text.find('\0') != std::string_view::npos
        || text.size() > longest) {
        return Error{fmt::format("{} is no absolute path of at most {} characters: write one like "
                                 "/run/mt6d/site-a.sock, or none",
                                 quoted(text), longest)};
    }
    return std::string(text);
}

Result<std::string> parse_group(std::string_view text) {
    constexpr std::size_t longest = 32;
    const bool fits = !text.empty() && text.size() <= longest && text.front() != '-'
                      && std::all_of(text.begin(), text.end(), [](unsigned char c) {
                             return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
                         });
    if (!fits) {
        return Error{
            fmt::format("{} is no name of a group: write one of /etc/group", quoted(text))};
    }
    return std::string(text);
}

Result<std::string> parse_directory(std::string_view text) {
    if (!text.starts_with('/') || text.find('\0') != std::string_view::npos) {
        return Error{fmt::format("{} is no absolute path: write one like /var/lib/mt6d/site-a",
                                 quoted(text))};
    }
    return std::string(text);
}

} // namespace mt6d::config
