// SPDX-License-Identifier: BSD-3-Clause
#include "gateway_fixture.hpp"

#include <algorithm>
#include <stdexcept>

namespace mt6d::test {
namespace {

config::SessionKey key(std::uint8_t seed) {
    auto made = config::SessionKey::from_hex(hex(pattern(64, seed)));
    return made ? *made : throw std::runtime_error(made.error().message);
}

void expect_frames(const char* where, const std::vector<Octets>& got,
                   const std::vector<Octets>& wanted) {
    EXPECT_EQ(got.size(), wanted.size()) << "frames that left by the " << where << " port";
    for (std::size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
        EXPECT_EQ(hex(got[i]), hex(wanted[i])) << "frame " << i << " at the " << where << " port";
    }
}

} // namespace

config::Host alice() {
    return {"alice", address("2001:db8:a::a11c:e"), mac("02:00:00:00:00:0a"), std::nullopt};
}

config::Host bob() {
    return {"bob", address("2001:db8:b::b0b"), mac("02:00:00:00:00:0b"), std::nullopt};
}

config::Stream alice_to_bob() {
    config::Stream stream{"alice-bob", alice(), bob(), key(1), {}};
    stream.options.cipher = Cipher::none;         // tests of ciphers say which
    stream.options.rekey.method = KeyMethod::off; // those of key exchange likewise
    return stream;
}

Ipv6Address router_address() {
    return address("fe80::1");
}
MacAddress router_mac() {
    return mac("02:00:00:00:00:fe");
}
MacAddress stranger_mac() {
    return mac("02:00:00:00:00:99");
}
Ipv6Address inside_link_local() {
    return address("fe80::ff:fe00:101");
}
Ipv6Address outside_link_local() {
    return address("fe80::ff:fe00:102");
}

config::Config one_stream() {
    config::Config config;
    config.file = "test.yaml";
    config.idle = config::Idle::sleep;
    config.external.default_router = router_address();
    config.external.neighbors = {{router_address(), router_mac()}};
    config.external.router_advertisements = config::Advertisements::ignore;
    config.unprotected = config::Unprotected::drop; // tests of the proxy say so
    config.streams = {alice_to_bob()};
    return config;
}

config::Config many_streams(std::size_t count) {
    config::Config config = one_stream();
    config.streams.clear();
    for (std::size_t i = 0; i < count; ++i) {
        config::Stream stream = alice_to_bob();
        stream.name += std::to_string(i);
        stream.key = key(static_cast<std::uint8_t>(i));
        stream.remote.address.bytes[8] = static_cast<std::uint8_t>(i >> 8U);
        stream.remote.address.bytes[9] = static_cast<std::uint8_t>(i);
        config.streams.push_back(stream);
    }
    return config;
}

void GatewayTest::use_cipher(Cipher cipher) {
    for (config::Stream& stream : config.streams) {
        stream.options.cipher = cipher;
    }
}

void GatewayTest::start() {
    if (config.state_dir.empty()) {
        config.state_dir = directory_.path() + "/state";
    }
    site.emplace(config, clock, shape);
    site->start();
}

Salt GatewayTest::salt(std::size_t i) const {
    return salt_at(clock.unix_ns() / nanoseconds_per_second, stream(i).options.rotation, 0);
}

void GatewayTest::pass(std::int64_t nanoseconds) {
    clock.advance(nanoseconds);
    site->tick();
}

void GatewayTest::from_host(const Octets& packet, std::uint16_t queue) {
    site->receive(Side::internal, frame(TestGateway::internal_mac, alice().mac, packet), queue);
}

void GatewayTest::from_network(const Octets& packet, std::uint16_t queue) {
    site->receive(Side::external, frame(TestGateway::external_mac, router_mac(), packet), queue);
}

Packet GatewayTest::to_bob(Packet packet, std::size_t i) const {
    return packet.from(stream(i).local.address).to(stream(i).remote.address);
}

Packet GatewayTest::to_alice(Packet packet, std::size_t i) const {
    return packet.from(stream(i).remote.address).to(stream(i).local.address);
}

Octets GatewayTest::too_big(std::uint32_t mtu, const Octets& sent) {
    Octets body;
    append(body, mtu, 4);
    Ipv6Address source;
    std::copy_n(sent.begin() + 8, source.bytes.size(), source.bytes.begin());
    return icmp6(2)
        .from(address("2001:db8:ffff::1"))
        .to(source)
        .payload(body + slice(sent, 0, 1232));
}

Octets GatewayTest::outside_frame(const Octets& packet) const {
    return frame(router_mac(), TestGateway::external_mac, packet);
}

Octets GatewayTest::host_frame(const Octets& packet) const {
    return frame(alice().mac, TestGateway::internal_mac, packet);
}

void GatewayTest::expect(const std::vector<Octets>& inside, const std::vector<Octets>& outside,
                         const ReasonCounts& reasons, std::uint64_t still_inside) {
    site->settle(still_inside);
    expect_frames("internal", site->take_sent(Side::internal), inside);
    expect_frames("external", site->take_sent(Side::external), outside);
    EXPECT_EQ(site->take_reasons(), reasons);
}

void GatewayTest::expect_sent(Side side, const std::vector<Octets>& frames) {
    const std::vector<Octets> none;
    expect(side == Side::internal ? frames : none, side == Side::external ? frames : none, {});
}

void GatewayTest::expect_tunnelled(const Octets& inner, const TunnelForm& form) {
    expect_sent(Side::external, {outside_frame(tunnel(out(), inner, form))});
}

void GatewayTest::expect_delivered(const Octets& inner) {
    expect_sent(Side::internal, {host_frame(inner)});
}

void GatewayTest::expect_dropped(Side side, Reason reason, std::uint64_t count) {
    expect({}, {}, {{reason_name(side, reason), count}});
}

} // namespace mt6d::test
