// SPDX-License-Identifier: BSD-3-Clause
// Routers and what they advertise, by number: router 1 is fe80::1.
#pragma once

#include "control/clock.hpp"

#include <mt6d/router_discovery.hpp>

#include <cstdint>

namespace mt6d::test {

inline constexpr std::int64_t second = nanoseconds_per_second;
inline constexpr std::int64_t millisecond = second / 1000;

inline Ipv6Address router(std::uint8_t number) {
    return {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number}};
}
inline Ipv6Prefix prefix(std::uint8_t number) { // 2001:db8:NN00::/40
    return {{{0x20, 0x01, 0x0d, 0xb8, number}}, 40};
}

// Of a router, for half an hour, with nothing more.
inline RouterInformation says(std::uint8_t number,
                              RouterPreference preference = RouterPreference::medium) {
    RouterInformation information{};
    information.router = router(number);
    information.lifetime_s = 1800;
    information.preference = preference;
    return information;
}
inline RouterInformation with_prefix(RouterInformation information, std::uint8_t number,
                                     std::uint32_t valid_s) {
    information.prefixes.at(information.prefix_count++) = {prefix(number), valid_s};
    return information;
}
inline RouterInformation with_lifetime(RouterInformation information, std::uint16_t lifetime_s) {
    information.lifetime_s = lifetime_s;
    return information;
}
inline RouterInformation with_mtu(RouterInformation information, std::uint32_t mtu) {
    information.mtu = mtu;
    return information;
}

} // namespace mt6d::test
