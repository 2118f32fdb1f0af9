// SPDX-License-Identifier: BSD-3-Clause
// What tests of the gateway's own doings on its links share: options and bodies of router
// advertisements, records of reports, and a fixture.
#pragma once

#include "gateway_fixture.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mt6d::test {

inline constexpr std::uint32_t overrides = 0x20000000;
inline constexpr std::uint32_t solicited = 0x40000000;
inline constexpr std::size_t ethernet = 14;
inline constexpr std::size_t ipv6 = 40;
inline constexpr std::uint8_t to_exclude = 4; // version 2 records
inline constexpr std::uint8_t to_include = 3;

inline const Ipv6Address second_router = address("fe80::2");
inline const MacAddress second_mac = mac("02:00:00:00:00:fd");

inline Octets mtu_option(std::uint32_t mtu) {
    Octets option{5, 1, 0, 0};
    append(option, mtu, 4);
    return option;
}
inline Octets prefix_option(const Ipv6Address& prefix, std::uint32_t valid) {
    Octets option{3, 4, 64, 0x80};
    append(option, valid, 4);
    append(option, valid, 4);
    append(option, 0, 4);
    return option + octets(prefix);
}
// As in RFC 4861, 4.2.
inline Octets router_body(std::uint8_t flags, std::uint16_t lifetime, const Octets& options) {
    Octets body{64, flags};
    append(body, lifetime, 2);
    append(body, 0, 8);
    return body + options;
}

// Records of the version 2 reports among these frames: type and group.
inline std::vector<std::pair<std::uint8_t, Ipv6Address>>
records(const std::vector<Octets>& frames) {
    std::vector<std::pair<std::uint8_t, Ipv6Address>> found;
    constexpr std::size_t report = ethernet + ipv6 + 8;
    for (const Octets& frame : frames) {
        if (frame.size() < report + 8 || frame[20] != 0 || frame[report] != 143) {
            continue;
        }
        for (std::size_t at = report + 8; at + 20 <= frame.size(); at += 20) {
            Ipv6Address group;
            std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at) + 4, 16,
                        group.bytes.begin());
            found.emplace_back(frame[at], group);
        }
    }
    return found;
}
inline bool reported(const std::vector<Octets>& frames, std::uint8_t type,
                     const Ipv6Address& address) {
    const auto all = records(frames);
    return std::find(all.begin(), all.end(), std::pair(type, address.solicited_node_group()))
           != all.end();
}
inline bool contains(const std::vector<Octets>& frames, const Octets& frame) {
    return std::find(frames.begin(), frames.end(), frame) != frames.end();
}

class NeighborhoodTest : public GatewayTest {
protected:
    std::vector<Octets> groundwork(Side side) {
        site->settle();
        return site->take_groundwork(side);
    }
    void tick_for(std::int64_t nanoseconds) {
        for (int i = 0; i < 20; ++i) {
            pass(nanoseconds / 20);
        }
    }
    static Octets announcement(const Ipv6Address& hashed) {
        return frame(mac("33:33:00:00:00:02"), TestGateway::external_mac,
                     advertisement(hashed, all_routers, hashed, overrides,
                                   link_layer_option(2, TestGateway::external_mac)));
    }
    static Octets introduction(const Ipv6Address& hashed) {
        return frame(router_mac(), TestGateway::external_mac,
                     solicitation(hashed, router_address(), router_address(),
                                  link_layer_option(1, TestGateway::external_mac)));
    }
    void advertise(const Ipv6Address& router, const MacAddress& from, std::uint16_t lifetime,
                   const Octets& options = {}, const Ipv6Address& to = all_nodes) {
        const MacAddress destination =
            to.is_multicast() ? to.multicast_mac() : TestGateway::external_mac;
        site->receive(Side::external,
                      frame(destination, from,
                            icmp6(134).from(router).to(to).hop_limit(255).payload(
                                router_body(0, lifetime, link_layer_option(1, from) + options))));
        site->settle();
        tick_for(nanoseconds_per_second / 10);
        site->settle();
    }
    void forget_sent() {
        site->settle();
        for (const Side side : dataplane::sides) {
            site->take_sent(side);
            site->take_groundwork(side);
        }
        site->take_reasons();
    }
    static Packet query(const Ipv6Address& source) {
        return icmp6(130)
            .from(source)
            .to(all_nodes)
            .hop_limit(1)
            .extension(protocol::hop_by_hop, {0, 0, 5, 2, 0, 0, 1, 0})
            .payload(Octets{0, 100, 0, 0} + Octets(16) + Octets{2, 125, 0, 0}); // within 100 ms
    }
};

} // namespace mt6d::test
