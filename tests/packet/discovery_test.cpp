// SPDX-License-Identifier: BSD-3-Clause
// Answers to solicitations on both ports (docs/protocol.md, section 7.1, 7.2, 7.6), byte for byte.
#include "gateway_fixture.hpp"

namespace mt6d::test {
namespace {

constexpr std::uint32_t router = 0x80000000;
constexpr std::uint32_t solicited = 0x40000000;
constexpr std::uint32_t overrides = 0x20000000;

const MacAddress all_nodes_mac = mac("33:33:00:00:00:01");

class Discovery : public GatewayTest {
protected:
    struct Asker {
        Side side;
        Ipv6Address ip;
        MacAddress mac;
    };
    [[nodiscard]] static Asker host() { return {Side::internal, address("fe80::a"), alice().mac}; }
    [[nodiscard]] static Asker network() {
        return {Side::external, router_address(), router_mac()};
    }
    [[nodiscard]] static MacAddress own(Side side) {
        return side == Side::internal ? TestGateway::internal_mac : TestGateway::external_mac;
    }

    void send(const Asker& asker, const Octets& packet, std::optional<MacAddress> to = {}) {
        site->receive(asker.side, frame(to.value_or(own(asker.side)), asker.mac, packet));
    }
    void ask_by_multicast(const Asker& asker, const Ipv6Address& target) {
        const Ipv6Address group = target.solicited_node_group();
        send(asker, solicitation(asker.ip, group, target, link_layer_option(1, asker.mac)),
             group.multicast_mac());
    }
    void probe(const Asker& asker, const Ipv6Address& target) {
        send(asker, solicitation(asker.ip, target, target));
    }
    void detect_duplicate(const Asker& asker, const Ipv6Address& target) {
        const Ipv6Address group = target.solicited_node_group();
        send(asker, solicitation({}, group, target), group.multicast_mac());
    }

    void expect_answer(Side side, const Octets& answer) {
        const std::vector<Octets> none;
        const std::vector<Octets> one{answer};
        expect(side == Side::internal ? one : none, side == Side::external ? one : none,
               {{reason_name(side, Reason::discovery_answered), 1}});
    }
    [[nodiscard]] static Octets answer(const Asker& asker, const Ipv6Address& target,
                                       std::uint32_t flags) {
        return frame(
            asker.mac, own(asker.side),
            advertisement(target, asker.ip, target, flags, link_layer_option(2, own(asker.side))));
    }

    void expect_answered_for(const Asker& asker, const Ipv6Address& target,
                             std::uint32_t flags = overrides) {
        SCOPED_TRACE(target.text());
        ask_by_multicast(asker, target);
        expect_answer(asker.side, answer(asker, target, flags | solicited));
        probe(asker, target);
        expect_answer(asker.side, answer(asker, target, flags | solicited));
        detect_duplicate(asker, target);
        expect_answer(asker.side, frame(all_nodes_mac, own(asker.side),
                                        advertisement(target, all_nodes, target, flags,
                                                      link_layer_option(2, own(asker.side)))));
    }
    void expect_not_answered_for(const Asker& asker, const Ipv6Address& target) {
        SCOPED_TRACE(target.text());
        ask_by_multicast(asker, target);
        expect_dropped(asker.side, Reason::discovery_not_ours);
        probe(asker, target);
        expect_dropped(asker.side, Reason::discovery_not_ours);
        detect_duplicate(asker, target);
        expect_dropped(asker.side, Reason::discovery_not_ours);
    }
    void expect_refused(const Asker& asker, const Octets& packet,
                        Reason reason = Reason::discovery_malformed) {
        send(asker, packet);
        expect_dropped(asker.side, reason);
    }
};

TEST_F(Discovery, HostsAreAnsweredForRemoteHostsTheRouterAndTheGateway) {
    start();
    expect_answered_for(host(), bob().address);
    expect_answered_for(host(), router_address(), overrides | router);
    expect_answered_for(host(), inside_link_local());
}

TEST_F(Discovery, HostsAreNotAnsweredForAnythingElse) {
    start();
    expect_not_answered_for(host(), alice().address); // its own: no duplicate
    expect_not_answered_for(host(), out().source);
    expect_not_answered_for(host(), out().destination);
    expect_not_answered_for(host(), outside_link_local());
    expect_not_answered_for(host(), address("2001:db8::1"));
}

TEST_F(Discovery, TheNetworkIsAnsweredForHashedAndTrueAddressesOfLocalHosts) {
    start();
    expect_answered_for(network(), alice().address);
    expect_answered_for(network(), outside_link_local());
    for (Salt at = salt() - 2; at <= salt() + 2; ++at) { // live ones, and the prepared one
        expect_answered_for(network(), outgoing(stream(), at).source);
    }
}

TEST_F(Discovery, TheNetworkIsNotAnsweredForAnythingElse) {
    start();
    expect_not_answered_for(network(), bob().address);
    expect_not_answered_for(network(), out().destination);
    expect_not_answered_for(network(), inside_link_local());
    expect_not_answered_for(network(), router_address());
    expect_not_answered_for(network(), outgoing(stream(), salt() - 3).source);
    expect_not_answered_for(network(), outgoing(stream(), salt() + 3).source);
}

TEST_F(Discovery, AHashedAddressIsAnsweredForUntilItsLifeEnds) {
    start();
    const Ipv6Address now = out().source;
    const Ipv6Address later = outgoing(stream(), salt() + 3).source;
    pass_seconds(10); // prepared now
    expect_answered_for(network(), later);
    pass_seconds(10);
    expect_answered_for(network(), now);
    pass_seconds(10); // three rotations: over
    expect_not_answered_for(network(), now);
}

TEST_F(Discovery, OneAddressOfSeveralStreamsIsAnsweredForWhileOneIsLeft) {
    config = many_streams(3);
    start();
    expect_answered_for(network(), alice().address);
    for (std::size_t i = 0; i < 3; ++i) {
        expect_answered_for(host(), stream(i).remote.address);
        expect_answered_for(network(), out(i).source);
    }
}

TEST_F(Discovery, TheAnswerGoesWhereTheOptionSays) {
    start();
    const Asker asker = host();
    send(asker, solicitation(asker.ip, bob().address, bob().address,
                             link_layer_option(1, stranger_mac())));
    expect_answer(Side::internal,
                  frame(stranger_mac(), TestGateway::internal_mac,
                        advertisement(bob().address, asker.ip, bob().address, overrides | solicited,
                                      link_layer_option(2, TestGateway::internal_mac))));
}

TEST_F(Discovery, OptionsThatAreNotKnownAreSkipped) {
    start();
    const Asker asker = host();
    const Octets nonce{14, 1, 1, 2, 3, 4, 5, 6};
    const Octets large = Octets{200, 4} + pattern(30);
    send(asker, solicitation(asker.ip, bob().address, bob().address,
                             nonce + large + link_layer_option(1, asker.mac)));
    expect_answer(Side::internal, answer(asker, bob().address, overrides | solicited));
}

TEST_F(Discovery, ExtensionHeadersHideNoSolicitation) {
    start();
    const Asker asker = host();
    send(asker, solicitation(asker.ip, bob().address, bob().address)
                    .extension(protocol::hop_by_hop, padding_header())
                    .extension(protocol::destination_options, padding_header()));
    expect_answer(Side::internal, answer(asker, bob().address, overrides | solicited));
}

TEST_F(Discovery, ForgedAndMalformedMessagesAreRefused) {
    start();
    for (const Asker& asker : {host(), network()}) {
        SCOPED_TRACE(dataplane::name(asker.side));
        const Ipv6Address target = asker.side == Side::internal ? bob().address : alice().address;
        const Ipv6Address group = target.solicited_node_group();
        const Octets option = link_layer_option(1, asker.mac);
        const Packet good = solicitation(asker.ip, group, target, option);
        for (const std::uint8_t limit : Octets{0, 1, 64, 254}) {
            expect_refused(asker, Packet(good).hop_limit(limit), Reason::discovery_hop_limit);
        }
        expect_refused(asker, Packet(good).checksum(0), Reason::discovery_checksum);
        expect_refused(asker, Packet(good).checksum(0xffff), Reason::discovery_checksum);
        for (const bool more : {false, true}) {
            expect_refused(asker,
                           Packet(good).extension(protocol::fragment, fragment_header(0, more)),
                           Reason::discovery_fragmented);
        }
        const auto with = [&](const Octets& options) {
            return solicitation(asker.ip, group, target, options);
        };
        expect_refused(asker, with({1, 0, 1, 2, 3, 4, 5, 6})); // of length 0
        expect_refused(asker, with({1, 2, 1, 2, 3, 4, 5, 6})); // longer than what is there
        expect_refused(asker, with({1}));
        expect_refused(asker, with(link_layer_option(1, mac("ff:ff:ff:ff:ff:ff"))));
        expect_refused(asker, with(link_layer_option(1, mac("33:33:00:00:00:01"))));
        expect_refused(asker, with(link_layer_option(1, mac("00:00:00:00:00:00"))));
        expect_refused(asker, with(option + Octets{0, 0, 0, 0, 0, 0, 0, 0}));
        expect_refused(asker, Packet(good).payload(neighbor_body(0, group))); // multicast target
        expect_refused(asker, Packet(good).from(address("ff02::5")));
        expect_refused(asker, solicitation({}, group, target, option)); // :: with an option
        expect_refused(asker, solicitation({}, target, target));        // :: to no group
        expect_refused(asker, solicitation({}, all_nodes, target));
        expect_refused(asker, icmp6(135, 1).from(asker.ip).to(group).hop_limit(255).payload(
                                  neighbor_body(0, target)));
        for (std::size_t length = 0; length < 20; ++length) {
            expect_refused(asker, icmp6(135).from(asker.ip).to(group).hop_limit(255).payload(
                                      slice(neighbor_body(0, target), 0, length)));
        }

        // Advertisements: answers that all nodes get, of a group, with a code.
        expect_refused(asker, advertisement(asker.ip, all_nodes, asker.ip, solicited));
        expect_refused(asker, advertisement(asker.ip, target, group, solicited));
        expect_refused(asker, icmp6(136, 1).from(asker.ip).to(target).hop_limit(255).payload(
                                  neighbor_body(0, asker.ip)));
    }
}

TEST_F(Discovery, NothingAHostAdvertisesIsNews) {
    start();
    send(host(), advertisement(bob().address, all_nodes, bob().address, overrides,
                               link_layer_option(2, stranger_mac())));
    expect_dropped(Side::internal, Reason::discovery_unsolicited);
    // Someone outside says that he is alice: her packets keep going to her configured MAC.
    send(network(), advertisement(alice().address, all_nodes, alice().address, overrides,
                                  link_layer_option(2, stranger_mac())));
    expect_dropped(Side::external, Reason::discovery_unsolicited);
    const Octets inner = to_alice(udp6()).payload(3);
    from_network(tunnel(in(), inner));
    expect_delivered(inner);
}

TEST_F(Discovery, RedirectsOfHashedAddressesGoNowhere) {
    start();
    Octets body(4);
    const Ipv6Address target = address("fe80::666");
    body.insert(body.end(), target.bytes.begin(), target.bytes.end());
    const Ipv6Address about = out().destination;
    body.insert(body.end(), about.bytes.begin(), about.bytes.end());
    send(network(),
         icmp6(137).from(router_address()).to(out().source).hop_limit(255).payload(body));
    expect_dropped(Side::external, Reason::discovery_unhandled);
    const Octets inner = to_bob(udp6()).payload(3);
    from_host(inner);
    expect_tunnelled(inner); // by the same router
}

} // namespace
} // namespace mt6d::test
