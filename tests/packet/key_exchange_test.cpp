// SPDX-License-Identifier: BSD-3-Clause
// Key exchange through a running gateway (docs/protocol.md, section 9).
#include "key_peer.hpp"

#include <chrono>
#include <thread>

namespace mt6d::test {
namespace {

struct Case {
    Cipher cipher;
    KeyMethod method;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
    const std::string method = info.param.method == KeyMethod::wrap ? "wrap" : "x25519";
    switch (info.param.cipher) {
    case Cipher::none:
        return method + "_none";
    case Cipher::aes_256_cbc:
        return method + "_cbc";
    case Cipher::aes_256_gcm:
        return method + "_gcm";
    }
    return method;
}

class KeyExchanges : public GatewayTest, public testing::WithParamInterface<Case> {
protected:
    KeyExchanges() { use(Cipher::none, KeyMethod::x25519); }

    void use(Cipher cipher, KeyMethod method) {
        config.streams[0].options.cipher = cipher;
        config.streams[0].options.rotation = 2;
        config.streams[0].options.lifetime = 6;
        config.streams[0].options.rekey = {method, 60, 1};
    }
    void start_both() {
        start();
        peer.emplace(stream(), clock.unix_ns());
    }

    // A tenth of a second, in which both hosts say something and each hears what the other said.
    void live() {
        pass(nanoseconds_per_second / 10);
        const Octets from_alice = to_bob(udp6()).payload(5);
        from_host(from_alice);
        exchange();
        const Octets from_bob = to_alice(udp6()).payload(7);
        from_network(peer->data(from_bob, salt()));
        site->settle();
        EXPECT_EQ(site->take_sent(Side::internal), std::vector<Octets>{host_frame(from_bob)});
        ++said;
        exchange();
        EXPECT_EQ(arrived, said); // at bob's gateway, from alice
    }

    // What either gateway has to say reaches the other.
    void exchange() {
        site->settle();
        for (const Octets& sent : site->take_sent(Side::external)) {
            const Octets packet = slice(sent, 14);
            const auto epoch = peer->hear(packet, salt(), clock.unix_ns());
            ASSERT_TRUE(epoch) << "on nobody's route: " << hex(packet);
            if (const auto message = key_option_of(packet)) {
                heard.push_back(*message);
            } else if (packet.size() >= data_size()) {
                ++arrived;
            }
            last_port = read(packet, udp_at(packet) + 2, 2);
            last_epoch = *epoch;
        }
        for (const Octets& packet : peer->take_sent(salt(), clock.unix_ns())) {
            from_network(packet);
        }
        site->settle();
        site->tick();
    }

    // The disk is real, and as fast as it is.
    template <class Condition>
    [[nodiscard]] bool lives_until(Condition condition, int seconds) {
        for (int tenth = 0; tenth < 10 * seconds; ++tenth) {
            live();
            if (condition()) {
                return true;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }

    [[nodiscard]] std::uint32_t epoch() { return site->statistics().streams[0].keys.epoch; }

    std::optional<KeyPeer> peer;
    std::vector<Octets> heard; // the gateway's messages
    std::uint64_t said = 0;
    std::uint64_t arrived = 0;
    std::uint64_t last_port = 0;
    std::uint32_t last_epoch = 0;

private:
    // Of alice's packets in the tunnel; control packets are shorter.
    [[nodiscard]] std::size_t data_size() const {
        switch (stream().options.cipher) {
        case Cipher::none:
            return 40 + 8 + 8 + 8 + 5;
        case Cipher::aes_256_cbc:
            return 40 + 8 + 8 + 32;
        case Cipher::aes_256_gcm:
            return 40 + 8 + 8 + 8 + 8 + 8 + 5 + 16;
        }
        return 0;
    }
    static std::size_t udp_at(const Octets& packet) {
        return packet[6] == protocol::destination_options ? 40 + 8 * (packet[41] + std::size_t{1})
                                                          : 40;
    }
};

TEST_P(KeyExchanges, ReplaceTheKeyAgainAndAgainAndNoPacketIsLost) {
    use(GetParam().cipher, GetParam().method);
    start_both();
    for (std::uint32_t wanted = 1; wanted <= 3; ++wanted) {
        ASSERT_TRUE(lives_until([&] { return epoch() == wanted && peer->epoch() == wanted; }, 150))
            << "epoch " << epoch() << " here, " << peer->epoch() << " there";
        EXPECT_EQ(last_epoch, wanted); // what leaves does so on the new routes
    }
    const KeyStatistics keys = site->statistics().streams[0].keys;
    EXPECT_EQ(keys.changes, 3U);
    EXPECT_EQ(keys.refused, 0U);
    ReasonCounts reasons = site->take_reasons();
    reasons.erase("external control_packet");
    EXPECT_EQ(reasons.erase("external key_message"), 1U);
    EXPECT_EQ(reasons, ReasonCounts{});
}

INSTANTIATE_TEST_SUITE_P(Each, KeyExchanges,
                         testing::Values(Case{Cipher::none, KeyMethod::wrap},
                                         Case{Cipher::none, KeyMethod::x25519},
                                         Case{Cipher::aes_256_cbc, KeyMethod::wrap},
                                         Case{Cipher::aes_256_cbc, KeyMethod::x25519},
                                         Case{Cipher::aes_256_gcm, KeyMethod::wrap},
                                         Case{Cipher::aes_256_gcm, KeyMethod::x25519}),
                         case_name);

class KeyExchangePackets : public KeyExchanges {};

} // namespace
} // namespace mt6d::test
