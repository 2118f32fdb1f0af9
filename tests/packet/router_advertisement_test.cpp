// SPDX-License-Identifier: BSD-3-Clause
// A router's advertisement as hosts get it (docs/protocol.md, section 7.5; RFC 4389, 4.1.3.3), byte
// for byte.
#include "dataplane/packet.hpp"
#include "dataplane/router_advertisement.hpp"
#include "mbuf_octets.hpp"
#include "reasons_seen.hpp"

#include <mt6d/router_discovery.hpp>

#include <gtest/gtest.h>

namespace mt6d::test {
namespace {

const MacAddress router_mac = mac("02:00:00:00:00:fe");
const MacAddress outside_mac = mac("02:00:00:00:00:0e");
const MacAddress inside_mac = mac("02:00:00:00:00:01");
const Ipv6Address router = address("fe80::1");
const Octets other_options = Octets{25, 3, 0, 0, 0, 0, 4, 0} + pattern(16) + Octets{14, 1}
                             + pattern(6); // name servers, a nonce

Octets mtu_option(std::uint32_t mtu) {
    Octets option{5, 1, 0, 0};
    append(option, mtu, 4);
    return option;
}

// Hop limit, flags, lifetime 1800 s, reachable and retransmission time; options.
Octets body(std::uint8_t flags, const Octets& options) {
    return Octets{64, flags, 7, 8, 0, 0, 0x75, 0x30, 0, 0, 3, 0xe8} + options;
}
Packet advertised(const Octets& options, const Ipv6Address& to = all_nodes,
                  std::uint8_t flags = 0x48) {
    return icmp6(134).from(router).to(to).hop_limit(255).payload(body(flags, options));
}
Octets inside_frame(const Packet& packet) {
    return frame(mac("33:33:00:00:00:01"), inside_mac, packet);
}

class RouterAdvertisements : public testing::Test {
protected:
    // As the worker calls it. Nothing if it was rewritten.
    std::optional<Reason> rewrite(const Octets& received) {
        packet = packet_with(received);
        const auto view = parse_frame(dataplane::bytes_of(packet.get()));
        EXPECT_TRUE(view);
        const auto check = check_discovery(view->ipv6->next_header, view->payload());
        EXPECT_TRUE(check && check->discovery);
        EXPECT_TRUE(
            parse_router_advertisement(*view->ipv6, view->payload().subspan(check->offset)));
        const auto reason =
            dataplane::rewrite_router_advertisement(packet.get(), *view, check->offset, inside);
        if (reason) {
            reasons_seen().insert(*reason);
            EXPECT_EQ(hex(octets(packet)), hex(received)) << "unchanged";
        }
        return reason;
    }
    void expect_rewritten(const Octets& received, const Octets& sent) {
        EXPECT_EQ(rewrite(received), std::nullopt);
        EXPECT_EQ(hex(octets(packet)), hex(sent));
    }
    static Octets from_router(const Packet& packet) {
        return frame(mac("33:33:00:00:00:01"), router_mac, packet);
    }

    dataplane::AdvertisedInside inside{.own = inside_mac, .link_mtu = 1500, .mtu = 1452};
    PacketPtr packet;
};

TEST_F(RouterAdvertisements, NameTheGatewayAndItsMtuInPlaceOfTheRouters) {
    expect_rewritten(
        from_router(
            advertised(link_layer_option(1, router_mac) + other_options + mtu_option(1500))),
        inside_frame(advertised(link_layer_option(1, inside_mac) + other_options + mtu_option(1452),
                                all_nodes, 0x4c)));
}

TEST_F(RouterAdvertisements, GetTheOptionsThatAreMissingBehindTheOthers) {
    expect_rewritten(
        from_router(advertised(other_options)),
        inside_frame(advertised(other_options + link_layer_option(1, inside_mac) + mtu_option(1452),
                                all_nodes, 0x4c)));
    expect_rewritten(from_router(advertised(mtu_option(1500))),
                     inside_frame(advertised(mtu_option(1452) + link_layer_option(1, inside_mac),
                                             all_nodes, 0x4c)));
    expect_rewritten(from_router(advertised(link_layer_option(1, router_mac))),
                     inside_frame(advertised(link_layer_option(1, inside_mac) + mtu_option(1452),
                                             all_nodes, 0x4c)));
}

TEST_F(RouterAdvertisements, NeverSayMoreThanTheRouterNorLessThanTheMinimum) {
    struct Row {
        Octets said;
        std::uint32_t wanted;
        Octets sent;
    };
    for (const Row& row : std::vector<Row>{
             {mtu_option(1400), 1452, mtu_option(1400)},
             {mtu_option(1452), 1452, mtu_option(1452)},
             {mtu_option(9000), 1280, mtu_option(1280)},
             {mtu_option(1000), 1452, mtu_option(1280)},
             {mtu_option(1400) + mtu_option(1300), 1452, mtu_option(1300) + mtu_option(1300)}}) {
        inside.mtu = row.wanted;
        const Octets own = link_layer_option(1, inside_mac);
        expect_rewritten(from_router(advertised(link_layer_option(1, router_mac) + row.said)),
                         inside_frame(advertised(own + row.sent, all_nodes, 0x4c)));
    }
}

TEST_F(RouterAdvertisements, HoldNoOtherLinkLayerAddress) {
    const Octets two =
        link_layer_option(1, router_mac) + link_layer_option(1, mac("02:00:00:00:00:77"));
    const Octets own = link_layer_option(1, inside_mac);
    expect_rewritten(from_router(advertised(two + mtu_option(1280))),
                     inside_frame(advertised(own + own + mtu_option(1280), all_nodes, 0x4c)));
    // One of another length is no answer to where the router is, and loses what looks like one.
    const Octets rest{0, 0, 0, 0, 0, 0, 0, 0};
    const Octets long_option = Octets{1, 2} + octets(router_mac) + rest;
    expect_rewritten(
        from_router(advertised(long_option)),
        inside_frame(advertised(Octets{1, 2} + octets(inside_mac) + rest + own + mtu_option(1452),
                                all_nodes, 0x4c)));
}

TEST_F(RouterAdvertisements, SentToTheGatewayAloneAreForAllHosts) {
    const Octets options = link_layer_option(1, router_mac) + mtu_option(1280);
    expect_rewritten(
        frame(outside_mac, router_mac, advertised(options, Ipv6Address::link_local(outside_mac))),
        inside_frame(
            advertised(link_layer_option(1, inside_mac) + mtu_option(1280), all_nodes, 0x4c)));
}

TEST_F(RouterAdvertisements, ForAnotherGroupGoToThatGroup) {
    const Ipv6Address group = address("ff02::1:ff00:5");
    expect_rewritten(
        frame(mac("33:33:ff:00:00:05"), router_mac, advertised({}, group)),
        frame(mac("33:33:ff:00:00:05"), inside_mac,
              advertised(link_layer_option(1, inside_mac) + mtu_option(1452), group, 0x4c)));
}

TEST_F(RouterAdvertisements, LoseWhatTheLinkPadded) {
    Octets received = from_router(advertised({}));
    received.resize(received.size() + 9, 0xaa);
    expect_rewritten(received,
                     inside_frame(advertised(link_layer_option(1, inside_mac) + mtu_option(1452),
                                             all_nodes, 0x4c)));
}

TEST_F(RouterAdvertisements, KeepExtensionHeaders) {
    const Octets options = link_layer_option(1, router_mac) + mtu_option(1452);
    const Octets sent = link_layer_option(1, inside_mac) + mtu_option(1452);
    expect_rewritten(
        from_router(advertised(options).extension(protocol::hop_by_hop, padding_header())),
        inside_frame(
            advertised(sent, all_nodes, 0x4c).extension(protocol::hop_by_hop, padding_header())));
}

TEST_F(RouterAdvertisements, OfAnotherProxyGoNoFurther) {
    EXPECT_EQ(rewrite(from_router(advertised({}, all_nodes, 0x04))), Reason::discovery_proxied);
}

TEST_F(RouterAdvertisements, ThatDoNotFitTheInternalLinkGoNoFurther) {
    const std::size_t headers = 40 + 16;
    Octets options;
    while (headers + options.size() + 16 < 1496) {
        options = options + Octets{200, 1} + pattern(6);
    }
    EXPECT_EQ(headers + options.size() + 16, 1496U);
    EXPECT_EQ(rewrite(from_router(advertised(options))), std::nullopt);
    options = options + Octets{200, 1} + pattern(6); // 1504 with what is missing
    EXPECT_EQ(rewrite(from_router(advertised(options))), Reason::discovery_too_big);
    EXPECT_EQ(rewrite(from_router(advertised(link_layer_option(1, router_mac)
                                             + slice(options, 0, options.size() - 8)))),
              std::nullopt)
        << "nothing but the MTU is missing";
}

TEST_F(RouterAdvertisements, ThatDoNotFitTheirBufferGoNoFurther) {
    inside.link_mtu = 9000;
    Octets options;
    while (14 + 40 + 16 + options.size() + 8 <= 2048) {
        options = options + Octets{200, 1} + pattern(6);
    }
    EXPECT_EQ(rewrite(from_router(advertised(options))), Reason::no_tailroom);
}

} // namespace
} // namespace mt6d::test
