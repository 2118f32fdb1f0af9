// SPDX-License-Identifier: BSD-3-Clause
// One row a reason: a frame that is dropped for it, counted once, at the port it came in by.
#pragma once

#include "gateway_fixture.hpp"

#include <vector>

namespace mt6d::test {

class DropReasons : public GatewayTest {
public:
    [[nodiscard]] Octets host_sends(const Octets& packet) const {
        return frame(TestGateway::internal_mac, alice().mac, packet);
    }
    [[nodiscard]] Octets peer_sends(const Octets& inner, const TunnelForm& form = {}) const {
        return network_sends(tunnel(in(), inner, form));
    }
    [[nodiscard]] Octets peer_sends_clear(const Octets& clear) const {
        return network_sends(tunnel_of_clear(in(), clear));
    }
    [[nodiscard]] Octets network_sends(const Octets& packet) const {
        return frame(TestGateway::external_mac, router_mac(), packet);
    }
    // With these options before UDP.
    [[nodiscard]] Octets with_options(const Octets& options) const {
        return peer_sends(ordinary(), {.options = options_header(options)});
    }
    // A router's Destination Unreachable.
    [[nodiscard]] Octets path_error(const Octets& quote) const {
        return network_sends(
            icmp6(1, 3).from(address("2001:db8:f::1")).to(out().source).payload(Octets(4) + quote));
    }
    [[nodiscard]] Octets sent_to_peer() const { return tunnel(out(), to_bob(udp6()).payload(20)); }
    [[nodiscard]] Octets ordinary() const { return to_alice(udp6()).payload(20); }
    [[nodiscard]] Octets inner_with(std::size_t at, std::uint8_t value) const {
        Octets clear = clear_of(ordinary());
        clear.at(at) = value;
        return peer_sends_clear(clear);
    }
    [[nodiscard]] Packet ask(const Ipv6Address& target) const {
        return solicitation(alice().address, target.solicited_node_group(), target);
    }
    using GatewayTest::expect_dropped;
    using GatewayTest::in;
    using GatewayTest::out;
    using GatewayTest::salt;
    using GatewayTest::site;
    using GatewayTest::start;
    using GatewayTest::stream;
    using GatewayTest::to_alice;
    using GatewayTest::to_bob;
};

struct Row {
    Side side;
    Reason reason;
    const char* what;
    Octets (*frame)(const DropReasons&);
};

const std::vector<Row>& drop_reason_rows();

} // namespace mt6d::test
