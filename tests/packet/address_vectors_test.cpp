// SPDX-License-Identifier: BSD-3-Clause
// addresses.json and salts.json, made by an independent implementation: through a running worker
// from port to port, both directions.
#include "gateway_fixture.hpp"
#include "support/vectors.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace mt6d::test {
namespace {

constexpr UnixSeconds last_second =
    std::numeric_limits<std::int64_t>::max() / nanoseconds_per_second - 10;

config::Hash hash(const nlohmann::json& vector) {
    const auto name = vector.at("hash").get<std::string>();
    return name == "sha256" ? config::Hash::sha256
                            : (name == "sha384" ? config::Hash::sha384 : config::Hash::sha512);
}

config::Host host(const nlohmann::json& vector) {
    config::Host host{"vector", *Ipv6Address::parse(vector.at("true").get<std::string>()),
                      mac(vector.at("mac").get<std::string>().c_str()), std::nullopt};
    if (!vector.at("prefix").is_null()) {
        host.hashed_prefix = Ipv6Prefix::parse(vector.at("prefix").get<std::string>());
    }
    return host;
}

class Vectors : public GatewayTest {
protected:
    void start_at(UnixSeconds time, std::uint32_t rotation) {
        config::StreamOptions& options = config.streams[0].options;
        options.rotation = rotation;
        options.lifetime = 3 * rotation;
        clock.step(time * nanoseconds_per_second - clock.unix_ns());
        GatewayTest::start();
    }
    [[nodiscard]] Octets inner(const config::Host& from, const config::Host& to) const {
        return udp6().from(from.address).to(to.address).payload(11);
    }
};

TEST_F(Vectors, HostsAreSentFromTheirHashedAddressesAndReceivedAtThem) {
    unsigned shown = 0;
    for (const auto& vector : vectors("addresses.json")) {
        const Salt salt = vector.at("salt").get<Salt>();
        if (salt > static_cast<Salt>(last_second)) {
            continue; // no moment of a 64-bit clock in nanoseconds has it
        }
        SCOPED_TRACE(vector.dump());
        config::Stream& stream = config.streams[0];
        stream.local = host(vector);
        stream.remote = bob();
        stream.key = *config::SessionKey::from_hex(vector.at("key").get<std::string>());
        stream.options.hash = hash(vector);
        start_at(salt_start(salt, 1), 1);
        Route route = outgoing(stream, salt);
        route.source = *Ipv6Address::parse(vector.at("hashed").get<std::string>());
        route.source_port = vector.at("source_port").get<std::uint16_t>();
        route.flow_label = vector.at("flow_label").get<std::uint32_t>();
        const Octets sent = inner(stream.local, stream.remote);
        from_host(sent);
        expect_sent(Side::external, {outside_frame(tunnel(route, sent))});

        Route back = incoming(stream, salt);
        back.destination = route.source;
        const Octets answer = inner(stream.remote, stream.local);
        from_network(tunnel(back, answer));
        expect_sent(Side::internal, {frame(stream.local.mac, TestGateway::internal_mac, answer)});
        site.reset();
        ++shown;
    }
    EXPECT_GE(shown, 30U);
}

TEST_F(Vectors, EachSaltIsUsedAsItsOffsetSays) {
    for (const auto& vector : vectors("salts.json")) {
        SCOPED_TRACE(vector.dump());
        const Salt salt = vector.at("salt").get<Salt>();
        start_at(vector.at("unix_time").get<UnixSeconds>(),
                 vector.at("rotation_time").get<std::uint32_t>());
        const config::Stream& stream = config.streams[0];
        const Octets to_local = inner(stream.remote, stream.local);
        from_network(tunnel(incoming(stream, salt), to_local));
        switch (vector.at("offset").get<int>()) {
        case 0: { // the one to send with
            expect_delivered(to_local);
            const Octets sent = inner(stream.local, stream.remote);
            from_host(sent);
            expect_sent(Side::external, {outside_frame(tunnel(outgoing(stream, salt), sent))});
            break;
        }
        case 1: // received already
            expect_delivered(to_local);
            break;
        default: // in preparation
            expect_dropped(Side::external, Reason::route_early);
        }
        site.reset();
    }
}

} // namespace
} // namespace mt6d::test
