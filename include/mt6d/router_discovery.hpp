// SPDX-License-Identifier: BSD-3-Clause
// Router discovery as it lies on the wire (RFC 4861, 4.1, 4.2 and 4.6; RFC 4191; RFC 4389), and
// the parser of router advertisements.
#pragma once

#include <mt6d/parse.hpp>
#include <mt6d/wire.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace mt6d {

struct RouterSolicitation {
    Icmpv6Header icmp;
    be32_t reserved;
};
static_assert(sizeof(RouterSolicitation) == 8);

// Options follow.
struct RouterAdvertisement {
    Icmpv6Header icmp;
    std::uint8_t hop_limit;
    std::uint8_t flags;
    be16_t lifetime;   // as a default router, seconds
    be32_t reachable;  // milliseconds; 0: not said
    be32_t retransmit; // likewise
};
static_assert(sizeof(RouterAdvertisement) == 16 && alignof(RouterAdvertisement) == 1);

namespace router_flag {
inline constexpr std::uint8_t managed = 0x80;
inline constexpr std::uint8_t other = 0x40;
inline constexpr std::uint8_t preference_shift = 3; // of two bits (RFC 4191, 2.2)
inline constexpr std::uint8_t proxy = 0x04;         // RFC 4389, 4.1.3.3
} // namespace router_flag

namespace discovery_option {
inline constexpr std::uint8_t prefix_information = 3;
inline constexpr std::uint8_t mtu = 5;
} // namespace discovery_option

struct PrefixOption {
    std::uint8_t type;
    std::uint8_t length; // in units of 8 bytes: 4
    std::uint8_t prefix_length;
    std::uint8_t flags;
    be32_t valid;     // seconds; all ones: for ever
    be32_t preferred; // likewise
    be32_t reserved;
    Ipv6Address prefix;

    static constexpr std::uint8_t on_link = 0x80;
};
static_assert(sizeof(PrefixOption) == 32 && alignof(PrefixOption) == 1);

struct MtuOption {
    std::uint8_t type = discovery_option::mtu;
    std::uint8_t length = 1; // in units of 8 bytes
    be16_t reserved{0};
    be32_t mtu;
};
static_assert(sizeof(MtuOption) == 8 && alignof(MtuOption) == 1);

inline constexpr std::uint32_t infinite_lifetime = 0xffffffff;

// Ordered.
enum class RouterPreference : std::uint8_t { low, medium, high };

constexpr RouterPreference router_preference(std::uint8_t flags) {
    switch (flags >> router_flag::preference_shift & 3U) {
    case 1:
        return RouterPreference::high;
    case 3:
        return RouterPreference::low;
    default: // reserved ones are medium (RFC 4191, 2.2)
        return RouterPreference::medium;
    }
}

// A prefix that is on-link for so long.
struct OnLinkPrefix {
    Ipv6Prefix prefix;
    std::uint32_t valid_s; // 0: no longer
};

// What an advertisement says to the gateway, as a value that can cross threads. What it says to
// hosts alone passes by (dataplane/router_advertisement.hpp).
struct RouterInformation {
    static constexpr std::size_t most_prefixes = 16;

    Ipv6Address router;
    std::uint16_t lifetime_s; // 0: no default router
    RouterPreference preference;
    bool has_link_layer;
    MacAddress link_layer;
    std::uint32_t reachable_ms;  // 0: not said
    std::uint32_t retransmit_ms; // likewise
    std::uint32_t mtu;           // likewise, or impossible
    std::uint8_t prefix_count;
    std::array<OnLinkPrefix, most_prefixes> prefixes; // with the L flag; those beyond are ignored

    [[nodiscard]] constexpr std::span<const OnLinkPrefix> on_link() const {
        return {prefixes.data(), prefix_count};
        static_assert(std::is_trivially_copyable_v<RouterInformation>);
    }
};

// The option at the front; nothing where it is cut off or has length 0 (RFC 4861, 4.6).
inline std::optional<Bytes> first_option(Bytes options) {
    const std::size_t length = options.size() < 2 ? 0 : std::size_t{options[1]} * 8;
    if (length == 0 || length > options.size()) {
        return std::nullopt;
    }
    return options.first(length);
}

// The bits beyond the prefix's length MUST be ignored (RFC 4861, 4.6.2).
constexpr Ipv6Prefix masked(Ipv6Address address, std::uint8_t length) {
    for (std::size_t i = 0; i < address.bytes.size(); ++i) {
        const std::size_t bits = length > 8 * i ? std::min<std::size_t>(length - 8 * i, 8) : 0;
        address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & 0xff00U >> bits);
    }
    return {address, length};
}

// No link has so much: a shorter on-link prefix would take every destination from its router.
inline constexpr std::uint8_t shortest_on_link = 16;

// A prefix with the L flag. One without says nothing; the link-local one MUST be ignored (RFC
// 4861, 6.3.4).
inline std::optional<OnLinkPrefix> on_link_prefix(const PrefixOption& option) {
    if ((option.flags & PrefixOption::on_link) == 0 || option.prefix_length < shortest_on_link
        || option.prefix_length > 128 || option.prefix.is_link_local()
        || option.prefix.is_multicast()) {
        return std::nullopt;
    }
    return OnLinkPrefix{masked(option.prefix, option.prefix_length), option.valid.value()};
}

// Router solicitations: checks of RFC 4861, 6.1.1 but for hop limit and checksum. `icmp`: from the
// ICMPv6 header on.
inline Parsed<const RouterSolicitation*> parse_router_solicitation(const Ipv6Header& ipv6,
                                                                   Bytes icmp) {
    const auto* message = view_of<RouterSolicitation>(icmp);
    if (message == nullptr || message->icmp.type != icmpv6_type::router_solicitation
        || message->icmp.code != 0) {
        return Reason::discovery_malformed;
    }
    const auto link_layer = parse_link_layer_option(icmp.subspan(sizeof(RouterSolicitation)),
                                                    discovery_option::source_link_layer);
    if (!link_layer) {
        return link_layer.reason();
    }
    if (link_layer->has_value() && ipv6.source.is_unspecified()) {
        return Reason::discovery_malformed;
    }
    return message;
}

// Takes over what an option says. False: nobody can have said so.
inline bool read_router_option(Bytes option, RouterInformation& information) {
    if (const auto* link_layer = view_of<LinkLayerOption>(option);
        link_layer->type == discovery_option::source_link_layer
        && option.size() == sizeof(LinkLayerOption)) {
        information.has_link_layer = true;
        information.link_layer = link_layer->address;
        return !link_layer->address.is_multicast() && !link_layer->address.is_zero();
    }
    if (option[0] == discovery_option::mtu && option.size() == sizeof(MtuOption)) {
        information.mtu = view_at<MtuOption>(option.data())->mtu.value();
    } else if (option[0] == discovery_option::prefix_information
               && option.size() == sizeof(PrefixOption)
               && information.prefix_count < RouterInformation::most_prefixes) {
        if (const auto prefix = on_link_prefix(*view_at<PrefixOption>(option.data()))) {
            information.prefixes[information.prefix_count++] = *prefix;
        }
    }
    return true;
}

// Router advertisements: checks of RFC 4861, 6.1.2 but for hop limit and checksum. `icmp`: from the
// ICMPv6 header on.
inline Parsed<RouterInformation> parse_router_advertisement(const Ipv6Header& ipv6, Bytes icmp) {
    const auto* message = view_of<RouterAdvertisement>(icmp);
    if (message == nullptr || message->icmp.type != icmpv6_type::router_advertisement
        || message->icmp.code != 0 || !ipv6.source.is_link_local()) {
        return Reason::discovery_malformed;
    }
    RouterInformation information{.router = ipv6.source,
                                  .lifetime_s = message->lifetime.value(),
                                  .preference = router_preference(message->flags),
                                  .has_link_layer = false,
                                  .link_layer = {},
                                  .reachable_ms = message->reachable.value(),
                                  .retransmit_ms = message->retransmit.value(),
                                  .mtu = 0,
                                  .prefix_count = 0,
                                  .prefixes = {}};
    for (Bytes options = icmp.subspan(sizeof(RouterAdvertisement)); !options.empty();) {
        const auto option = first_option(options);
        if (!option || !read_router_option(*option, information)) {
            return Reason::discovery_malformed;
        }
        options = options.subspan(option->size());
    }
    return information;
}

} // namespace mt6d
