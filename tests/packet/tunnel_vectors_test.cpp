// SPDX-License-Identifier: BSD-3-Clause
// packets.json, made by an independent implementation: through a running worker from port to port,
// both directions, byte for byte.
#include "gateway_fixture.hpp"
#include "support/vectors.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mt6d::test {
namespace {

config::Host host(const nlohmann::json& vector, const char* role) {
    const auto& from = vector.at(role);
    return {role, address(from.at("address").get<std::string>().c_str()),
            mac(from.at("mac").get<std::string>().c_str()), std::nullopt};
}

std::vector<nlohmann::json> clear_vectors() {
    std::vector<nlohmann::json> chosen;
    for (const auto& vector : vectors("packets.json")) {
        if (vector.at("cipher") == "none") {
            chosen.push_back(vector);
        }
    }
    return chosen;
}

class TunnelVectors : public GatewayTest, public testing::WithParamInterface<std::uint32_t> {
protected:
    // A gateway with one end of the vector's stream, at a moment of the vector's salt.
    void start(const nlohmann::json& vector, const char* local, const char* remote) {
        config::Stream& stream = config.streams[0];
        stream.local = host(vector, local);
        stream.remote = host(vector, remote);
        const auto key = config::SessionKey::from_hex(vector.at("session_key").get<std::string>());
        ASSERT_TRUE(key);
        stream.key = *key;
        stream.options.rotation = GetParam();
        stream.options.lifetime = 3 * GetParam();
        stream.options.flow_labels = vector.at("flow_label").get<bool>();
        const UnixSeconds begin = salt_start(vector.at("salt").get<Salt>(), GetParam());
        clock.step(begin * nanoseconds_per_second - clock.unix_ns());
        GatewayTest::start();
    }
};

TEST_P(TunnelVectors, SenderMakesTheOuterPacket) {
    for (const auto& vector : clear_vectors()) {
        SCOPED_TRACE("salt " + vector.at("salt").dump());
        start(vector, "sender", "receiver");
        site->gateway().streams().context(0).key_state =
            vector.at("key_state").get<std::uint16_t>();
        from_host(from_hex(vector.at("inner").get<std::string>()));
        expect_sent(Side::external,
                    {outside_frame(from_hex(vector.at("outer").get<std::string>()))});
        site.reset();
    }
}

TEST_P(TunnelVectors, ReceiverGivesTheInnerPacketToItsHost) {
    for (const auto& vector : clear_vectors()) {
        SCOPED_TRACE("salt " + vector.at("salt").dump());
        start(vector, "receiver", "sender");
        from_network(from_hex(vector.at("outer").get<std::string>()));
        expect_sent(Side::internal, {frame(host(vector, "receiver").mac, TestGateway::internal_mac,
                                           from_hex(vector.at("inner").get<std::string>()))});
        site.reset();
    }
}

INSTANTIATE_TEST_SUITE_P(RotationTime, TunnelVectors, testing::Values(1, 10),
                         testing::PrintToStringParamName());

TEST(TunnelModel, AgreesWithTheVectors) {
    for (const auto& vector : clear_vectors()) {
        config::Stream stream = alice_to_bob();
        stream.local = host(vector, "sender");
        stream.remote = host(vector, "receiver");
        stream.key = *config::SessionKey::from_hex(vector.at("session_key").get<std::string>());
        stream.options.flow_labels = vector.at("flow_label").get<bool>();
        const Octets inner = from_hex(vector.at("inner").get<std::string>());
        TunnelForm form;
        form.destination_port =
            static_cast<std::uint16_t>(19766 + vector.at("key_state").get<int>());
        form.traffic_class = inner[1] >> 4U & 3U; // ECN
        EXPECT_EQ(hex(tunnel(outgoing(stream, vector.at("salt").get<Salt>()), inner, form)),
                  vector.at("outer").get<std::string>());
    }
}

} // namespace
} // namespace mt6d::test
