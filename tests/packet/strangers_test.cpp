// SPDX-License-Identifier: BSD-3-Clause
// Hosts that talk to nobody (docs/protocol.md, sections 7.4 and 10), and what that must not cost
// streams.
#include "dataplane/waiting_room.hpp"
#include "gateway_fixture.hpp"

#include <algorithm>

namespace mt6d::test {
namespace {

constexpr std::uint32_t solicited = 0x40000000;
constexpr std::uint32_t overrides = 0x20000000;
const Ipv6Address temporary = address("2001:db8:a::7e39");
const MacAddress peer_mac = mac("02:00:00:00:00:be");

class Strangers : public GatewayTest {
protected:
    Strangers() {
        config.unprotected = config::Unprotected::proxy;
        config.external.on_link = {*Ipv6Prefix::parse("2001:db8:a::/64"),
                                   *Ipv6Prefix::parse("2001:db8:b::/64")};
    }
    // Three packets to an address that nobody has, and the gateway begins to ask for it.
    void talk_to_nobody(std::uint8_t number, std::uint64_t waiting) {
        Ipv6Address nobody = address("2001:db8:a::dead:0");
        nobody.bytes[15] = number;
        for (int i = 0; i < 3; ++i) {
            site->receive(Side::internal, frame(TestGateway::internal_mac, alice().mac,
                                                udp6().from(temporary).to(nobody).payload(1)));
        }
        site->settle(waiting + 3);
        site->tick();
        site->settle(std::min<std::uint64_t>(waiting + 3, room));
    }

    static constexpr std::uint64_t room = dataplane::WaitingRoom::most_strangers;
};

TEST_F(Strangers, LeaveStreamsTheirPlacesInTheWaitingRoom) {
    start();
    constexpr std::uint8_t enough = dataplane::WaitingRoom::capacity / 3 + 1;
    for (std::uint8_t i = 0; i < enough; ++i) {
        talk_to_nobody(i, std::min<std::uint64_t>(3 * i, room));
    }
    site->take_sent(Side::external); // questions
    const ReasonCounts refused{{"internal next_hop_unresolved", 3 * enough - room}};
    expect({}, {}, refused, room);
    const Octets packet = to_bob(udp6()).payload(9);
    from_host(packet);
    expect({}, {}, {}, room + 1);
    const Ipv6Address next_hop = out().destination;
    site->receive(Side::external,
                  frame(TestGateway::external_mac, peer_mac,
                        advertisement(next_hop, outside_link_local(), next_hop,
                                      solicited | overrides, link_layer_option(2, peer_mac))));
    expect({}, {}, {{"external discovery_heard", 1}}, room + 1);
    site->tick();
    expect({}, {frame(peer_mac, TestGateway::external_mac, tunnel(out(), packet))}, {}, room);
}

} // namespace
} // namespace mt6d::test
