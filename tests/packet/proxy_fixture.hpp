// SPDX-License-Identifier: BSD-3-Clause
// What tests of `unprotected: proxy` share: alice's other address, and machines outside that have
// nothing to do with any stream.
#pragma once

#include "gateway_fixture.hpp"

namespace mt6d::test {

inline constexpr std::uint32_t solicited = 0x40000000;
inline constexpr std::uint32_t overrides = 0x20000000;

// Alice's other address, and a machine outside that has nothing to do with any stream.
inline const Ipv6Address temporary = address("2001:db8:a::7e39");
inline const Ipv6Address carol = address("2001:db8:a::ca01");
inline const MacAddress carol_mac = mac("02:00:00:00:00:ca");
inline const Ipv6Address far_away = address("2001:db8:77::1");
inline const Ipv6Address group = address("ff02::fb");

class Proxy : public GatewayTest {
protected:
    Proxy() {
        config.unprotected = config::Unprotected::proxy;
        config.external.on_link = {*Ipv6Prefix::parse("2001:db8:a::/64")};
    }

    void inside(const Octets& packet, std::optional<MacAddress> to = {}) {
        site->receive(Side::internal,
                      frame(to.value_or(TestGateway::internal_mac), alice().mac, packet));
    }
    void outside(const Octets& packet, std::optional<MacAddress> to = {}) {
        site->receive(Side::external,
                      frame(to.value_or(TestGateway::external_mac), carol_mac, packet));
    }
    static Octets leaves_outside(const Octets& packet, const MacAddress& to) {
        return frame(to, TestGateway::external_mac, packet);
    }
    static Octets leaves_inside(const Octets& packet, const MacAddress& to) {
        return frame(to, TestGateway::internal_mac, packet);
    }
    // The gateway's own question on one side, by multicast.
    static Octets question(Side side, const Ipv6Address& target) {
        const bool internal = side == Side::internal;
        const MacAddress own = internal ? TestGateway::internal_mac : TestGateway::external_mac;
        const Ipv6Address to = target.solicited_node_group();
        return frame(to.multicast_mac(), own,
                     solicitation(internal ? inside_link_local() : outside_link_local(), to, target,
                                  link_layer_option(1, own)));
    }
    void answer_question(Side side, const Ipv6Address& target, const MacAddress& mac) {
        const bool internal = side == Side::internal;
        site->receive(
            side, frame(internal ? TestGateway::internal_mac : TestGateway::external_mac, mac,
                        advertisement(target, internal ? inside_link_local() : outside_link_local(),
                                      target, solicited | overrides, link_layer_option(2, mac))));
    }
    // To `to`: what is for `about` goes by `target` from now on, whose MAC is there.
    static Octets redirect(const Ipv6Address& to, const Ipv6Address& about,
                           const Ipv6Address& target, const MacAddress& mac) {
        return icmp6(137)
            .from(router_address())
            .to(to)
            .hop_limit(255)
            .payload(Octets(4) + octets(target) + octets(about) + link_layer_option(2, mac));
    }
    // One packet from alice to carol, whom the gateway then knows; and the other way.
    void introduce_carol() {
        inside(udp6().from(temporary).to(carol).payload(1));
        site->settle(1);
        site->tick();
        expect({}, {question(Side::external, carol)}, {}, 1);
        answer_question(Side::external, carol, carol_mac);
        site->settle(1);
        site->tick();
        expect({}, {leaves_outside(udp6().from(temporary).to(carol).payload(1), carol_mac)},
               {{"external discovery_heard", 1}});
    }
    void introduce_alice() {
        outside(udp6().from(carol).to(temporary).payload(1));
        site->settle(1);
        site->tick();
        expect({question(Side::internal, temporary)}, {}, {}, 1);
        answer_question(Side::internal, temporary, alice().mac);
        site->settle(1);
        site->tick();
        expect({leaves_inside(udp6().from(carol).to(temporary).payload(1), alice().mac)}, {},
               {{"internal discovery_heard", 1}});
    }
};

} // namespace mt6d::test
