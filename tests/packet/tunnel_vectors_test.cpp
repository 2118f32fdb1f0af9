// SPDX-License-Identifier: BSD-3-Clause
// packets.json, made by an independent implementation: through a running worker from port to port,
// both directions, byte for byte.
#include "crypto_backends.hpp"
#include "gateway_fixture.hpp"
#include "support/vectors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mt6d::test {
namespace {

config::Host host(const nlohmann::json& vector, const char* role) {
    const auto& from = vector.at(role);
    return {role, address(from.at("address").get<std::string>().c_str()),
            mac(from.at("mac").get<std::string>().c_str()), std::nullopt};
}

Cipher cipher_of(const nlohmann::json& vector) {
    const auto name = vector.at("cipher").get<std::string>();
    return name == "none"          ? Cipher::none
           : name == "aes-256-cbc" ? Cipher::aes_256_cbc
                                   : Cipher::aes_256_gcm;
}

std::uint64_t number(const nlohmann::json& vector) {
    return std::stoull(vector.at("number").get<std::string>());
}

struct Variant {
    std::uint32_t rotation;
    CryptoChoice crypto;
};

std::vector<Variant> variants() {
    std::vector<Variant> all{{1, crypto_choices().front()}};
    for (const CryptoChoice& choice : crypto_choices()) {
        all.push_back({10, choice});
    }
    return all;
}

class TunnelVectors : public GatewayTest, public testing::WithParamInterface<Variant> {
protected:
    // Those that the back end can do.
    static std::vector<nlohmann::json> chosen() {
        std::vector<nlohmann::json> all;
        for (const auto& vector : vectors("packets.json")) {
            if (cipher_of(vector) != Cipher::aes_256_gcm || GetParam().crypto.opens_gcm) {
                all.push_back(vector);
            }
        }
        return all;
    }
    // A gateway with one end of the vector's stream, at a moment of the vector's salt.
    void start(const nlohmann::json& vector, const char* local, const char* remote) {
        use_crypto(config, GetParam().crypto);
        config::Stream& stream = config.streams[0];
        stream.local = host(vector, local);
        stream.remote = host(vector, remote);
        const auto key = config::SessionKey::from_hex(vector.at("session_key").get<std::string>());
        ASSERT_TRUE(key);
        stream.key = *key;
        stream.options.cipher = cipher_of(vector);
        stream.options.rotation = GetParam().rotation;
        stream.options.lifetime = 3 * GetParam().rotation;
        stream.options.flow_labels = vector.at("flow_label").get<bool>();
        const UnixSeconds begin = salt_start(vector.at("salt").get<Salt>(), GetParam().rotation);
        clock.step(begin * nanoseconds_per_second - clock.unix_ns());
        GatewayTest::start();
    }
    // The gateway seals its next packet with the vector's number.
    void continue_with(const nlohmann::json& vector) {
        if (cipher_of(vector) == Cipher::none) {
            return;
        }
        SealState& seal = *site->gateway().streams().context(0).slot(salt())->seal;
        const bool gcm = cipher_of(vector) == Cipher::aes_256_gcm;
        seal.first = gcm ? 0 : number(vector);
        seal.next = gcm ? number(vector) : 0;
        seal.recorded = seal.next + 1;
    }
};

TEST_P(TunnelVectors, SenderMakesTheOuterPacket) {
    for (const auto& vector : chosen()) {
        SCOPED_TRACE("salt " + vector.at("salt").dump() + " " + vector.at("cipher").dump());
        start(vector, "sender", "receiver");
        continue_with(vector);
        site->gateway().streams().context(0).key_state = vector.at("key_state").get<std::uint8_t>();
        from_host(from_hex(vector.at("inner").get<std::string>()));
        expect_sent(Side::external,
                    {outside_frame(from_hex(vector.at("outer").get<std::string>()))});
        site.reset();
    }
}

TEST_P(TunnelVectors, ReceiverGivesTheInnerPacketToItsHost) {
    for (const auto& vector : chosen()) {
        SCOPED_TRACE("salt " + vector.at("salt").dump() + " " + vector.at("cipher").dump());
        start(vector, "receiver", "sender");
        from_network(from_hex(vector.at("outer").get<std::string>()));
        expect_sent(Side::internal, {frame(host(vector, "receiver").mac, TestGateway::internal_mac,
                                           from_hex(vector.at("inner").get<std::string>()))});
        site.reset();
    }
}

INSTANTIATE_TEST_SUITE_P(Each, TunnelVectors, testing::ValuesIn(variants()),
                         [](const auto& parameter) {
                             return std::string(parameter.param.crypto.name) + "Rotation"
                                    + std::to_string(parameter.param.rotation);
                         });

TEST(TunnelModel, AgreesWithTheVectors) {
    for (const auto& vector : vectors("packets.json")) {
        config::Stream stream = alice_to_bob();
        stream.local = host(vector, "sender");
        stream.remote = host(vector, "receiver");
        stream.key = *config::SessionKey::from_hex(vector.at("session_key").get<std::string>());
        stream.options.cipher = cipher_of(vector);
        stream.options.flow_labels = vector.at("flow_label").get<bool>();
        const Octets inner = from_hex(vector.at("inner").get<std::string>());
        const Octets outer = from_hex(vector.at("outer").get<std::string>());
        TunnelForm form;
        form.destination_port =
            static_cast<std::uint16_t>(19766 + vector.at("key_state").get<int>());
        form.traffic_class = inner[1] >> 4U & 3U; // ECN
        const Route route = outgoing(stream, vector.at("salt").get<Salt>());
        if (cipher_of(vector) == Cipher::none) {
            EXPECT_EQ(hex(tunnel(route, inner, form)), hex(outer));
        } else {
            EXPECT_EQ(hex(sealed_tunnel(route, number(vector), inner, {.outer = form})),
                      hex(outer));
            EXPECT_EQ(number_of(outer), number(vector));
        }
    }
}

} // namespace
} // namespace mt6d::test
