// SPDX-License-Identifier: BSD-3-Clause
// A gateway that exchanges keys with a peer (tests/packet/key_peer.hpp): rotation every 2 s, a new
// key each minute.
#pragma once

#include "key_peer.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <thread>

namespace mt6d::test {

inline std::uint32_t refused_in(const KeyStatistics& keys) {
    return std::accumulate(keys.refused.begin(), keys.refused.end(), 0U);
}

class KeyExchangeTest : public GatewayTest {
protected:
    KeyExchangeTest() { use(Cipher::none, KeyMethod::x25519); }

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

    // A tenth of a second, in which both hosts say something. Whether each hears what the other
    // said.
    bool speak() {
        pass(nanoseconds_per_second / 10);
        if (config.streams[0].options.cipher != Cipher::none) {
            await_numbers(); // a rotation passes in milliseconds here
        }
        const std::uint64_t before = arrived;
        from_host(to_bob(udp6()).payload(5));
        exchange();
        const Octets from_bob = to_alice(udp6()).payload(7);
        from_network(peer->data(from_bob, salt()));
        site->settle();
        return site->take_sent(Side::internal) == std::vector<Octets>{host_frame(from_bob)}
               && arrived == before + 1;
    }
    void live() { EXPECT_TRUE(speak()); }

    // What either gateway has to say reaches the other.
    void exchange() {
        site->settle();
        for (const Octets& sent : site->take_sent(Side::external)) {
            const Octets packet = slice(sent, 14);
            const auto epoch = peer->hear(packet, salt(), clock.unix_ns());
            if (!epoch && peer_lost_keys) {
                continue;
            }
            ASSERT_TRUE(epoch) << "on nobody's route: " << hex(packet);
            if (const auto message = key_option_of(packet)) {
                heard.push_back(*message);
                heard_at.push_back(read(packet, udp_at(packet) + 2, 2));
            } else if (packet.size() >= data_size()) {
                ++arrived;
                data_epoch = *epoch;
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

    // Until the first key is replaced.
    void live_into_epoch_1() {
        start_both();
        ASSERT_TRUE(lives_until([&] { return epoch() == 1 && peer->epoch() == 1; }, 60));
        site->take_reasons();
    }

    [[nodiscard]] KeyStatistics keys() { return site->statistics().streams[0].keys; }
    [[nodiscard]] std::uint32_t epoch() { return site->statistics().streams[0].keys.epoch; }

    // Of every file of the gateway's state, one after the other.
    [[nodiscard]] Octets octets_of_state() const {
        Octets all;
        for (const auto& file : std::filesystem::recursive_directory_iterator(config.state_dir)) {
            if (file.is_regular_file()) {
                std::ifstream stream(file.path(), std::ios::binary);
                all.insert(all.end(), std::istreambuf_iterator<char>(stream), {});
            }
        }
        return all;
    }

    std::optional<KeyPeer> peer;
    bool peer_lost_keys = false;         // so that it may be sent to on routes it does not know
    std::vector<Octets> heard;           // the gateway's messages
    std::vector<std::uint64_t> heard_at; // to which UDP port each came
    std::uint64_t arrived = 0;           // at bob's gateway, from alice
    std::uint32_t data_epoch = 0;        // of what arrived last
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

} // namespace mt6d::test
