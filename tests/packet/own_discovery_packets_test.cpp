// SPDX-License-Identifier: BSD-3-Clause
// Frames that the gateway makes for listener and router discovery, byte for byte (RFC 3810, 5.2;
// RFC 2710, 3; RFC 4861, 4.1).
#include "control/mld_packets.hpp"
#include "control/packets.hpp"
#include "mbuf_octets.hpp"

#include <mt6d/mld.hpp>

#include <gtest/gtest.h>

namespace mt6d::test {
namespace {

const MacAddress own = mac("02:00:00:00:00:0e");
const Ipv6Address source = address("fe80::e");
const Ipv6Address group = address("ff02::1:ff01:203");
const Octets router_alert{0, 0, 5, 2, 0, 0, 1, 0};

PacketPtr made(const MldMessage& message) {
    return PacketPtr(make_mld_packet(common_pool(), source, own, message));
}

Octets listener_frame(std::uint8_t type, const char* to, const Octets& body) {
    const Ipv6Address destination = address(to);
    Octets station{0x33, 0x33};
    for (std::size_t i = 12; i < 16; ++i) {
        station.push_back(destination.bytes[i]);
    }
    MacAddress multicast;
    std::copy(station.begin(), station.end(), multicast.bytes.begin());
    return frame(multicast, own,
                 icmp6(type)
                     .from(source)
                     .to(destination)
                     .hop_limit(1)
                     .extension(protocol::hop_by_hop, router_alert)
                     .payload(body));
}

Octets record(std::uint8_t type, const Ipv6Address& of,
              const std::vector<Ipv6Address>& sources = {}) {
    Octets bytes{type, 0, 0, static_cast<std::uint8_t>(sources.size())};
    bytes = bytes + octets(of);
    for (const Ipv6Address& listed : sources) {
        bytes = bytes + octets(listed);
    }
    return bytes;
}

TEST(MldPackets, AReportGoesToAllThatListenToReportsWithARouterAlert) {
    const Ipv6Address other = address("ff02::1:ff0a:b0c");
    const std::vector<Ipv6Address> sources{address("2001:db8::1"), address("2001:db8::2")};
    const auto packet = made(MldReport{{{MldRecordType::to_exclude, group},
                                        {MldRecordType::to_include, other},
                                        {MldRecordType::is_exclude, other},
                                        {MldRecordType::is_include, group, sources}}});
    EXPECT_EQ(hex(octets(packet)),
              hex(listener_frame(143, "ff02::16",
                                 Octets{0, 0, 0, 4} + record(4, group) + record(3, other)
                                     + record(2, other) + record(1, group, sources))));
}

TEST(MldPackets, AReportOfVersion1GoesToTheGroup) {
    EXPECT_EQ(hex(octets(made(MldReportV1{group}))),
              hex(listener_frame(131, "ff02::1:ff01:203", Octets{0, 0, 0, 0} + octets(group))));
}

TEST(MldPackets, AGoodbyeOfVersion1GoesToAllRouters) {
    EXPECT_EQ(hex(octets(made(MldDone{group}))),
              hex(listener_frame(132, "ff02::2", Octets{0, 0, 0, 0} + octets(group))));
}

TEST(MldPackets, WithoutABufferLargeEnoughThereIsNone) {
    const unsigned before = rte_mempool_in_use_count(common_pool());
    MldReport report;
    report.records.resize(200, {MldRecordType::is_exclude, group});
    EXPECT_EQ(made(report), nullptr);
    report.records.resize(4000, {MldRecordType::is_exclude, group});
    EXPECT_EQ(made(report), nullptr);
    EXPECT_EQ(rte_mempool_in_use_count(common_pool()), before);
}

TEST(RouterPackets, ASolicitationSaysWhoAsks) {
    const PacketPtr packet(make_router_solicitation(common_pool(), source, own));
    EXPECT_EQ(hex(octets(packet)),
              hex(frame(mac("33:33:00:00:00:02"), own,
                        icmp6(133)
                            .from(source)
                            .to(address("ff02::2"))
                            .hop_limit(255)
                            .payload(Octets{0, 0, 0, 0} + link_layer_option(1, own)))));
}

} // namespace
} // namespace mt6d::test
