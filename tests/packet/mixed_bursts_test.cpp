// SPDX-License-Identifier: BSD-3-Clause
// Bursts of 1 to 64 packets with mixed ciphers, streams and lengths, through each back end: each
// packet leaves as the model makes it, in the order of its stream.
#include "crypto_backends.hpp"
#include "gateway_fixture.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace mt6d::test {
namespace {

class MixedBursts : public GatewayTest, public testing::WithParamInterface<CryptoChoice> {
protected:
    MixedBursts() {
        config = many_streams(12);
        use_crypto(config, GetParam());
        for (std::size_t i = 0; i < config.streams.size(); ++i) {
            config.streams[i].options.cipher = cipher_of(i);
            config.streams[i].options.rotation = 3600; // one route throughout
            config.streams[i].options.lifetime = 7200;
        }
    }
    static Cipher cipher_of(std::size_t i) {
        constexpr std::array all{Cipher::none, Cipher::aes_256_cbc, Cipher::aes_256_gcm};
        const Cipher cipher = all[i % all.size()];
        return cipher == Cipher::aes_256_gcm && !GetParam().opens_gcm ? Cipher::aes_256_cbc
                                                                      : cipher;
    }
    std::size_t any(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
    }
    [[nodiscard]] Octets sealed(const Route& route, std::size_t i, std::uint64_t number,
                                const Octets& inner) const {
        return cipher_of(i) == Cipher::none ? tunnel(route, inner)
                                            : sealed_tunnel(route, number, inner);
    }
    // Which stream a tunnel packet is of, by its outer addresses.
    [[nodiscard]] std::size_t stream_of(const Octets& packet) const {
        for (std::size_t i = 0; i < config.streams.size(); ++i) {
            if (slice(packet, 8, 16) == octets(out_[i].source)) {
                return i;
            }
        }
        throw std::runtime_error("a packet of no stream");
    }
    void start_all() {
        start();
        for (std::size_t i = 0; i < config.streams.size(); ++i) {
            out_.push_back(out(i));
            in_.push_back(in(i));
        }
    }

    std::mt19937 random_{20261123};
    std::vector<Route> out_;
    std::vector<Route> in_;
};

INSTANTIATE_TEST_SUITE_P(Each, MixedBursts, testing::ValuesIn(crypto_choices()),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST_P(MixedBursts, AreSealed) {
    start_all();
    std::map<std::size_t, std::uint64_t> last; // number, of each stream
    for (std::size_t burst = 1; burst <= 64; ++burst) {
        SCOPED_TRACE(burst);
        std::vector<Octets> frames;
        std::map<std::size_t, std::vector<Octets>> inners; // of each stream, in order
        for (std::size_t i = 0; i < burst; ++i) {
            const std::size_t stream = any(config.streams.size());
            inners[stream].push_back(to_bob(udp6(), stream).payload(any(1300)));
            frames.push_back(frame(TestGateway::internal_mac, alice().mac, inners[stream].back()));
        }
        site->receive_burst(Side::internal, frames);
        site->settle();
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
        const auto sent = site->take_sent(Side::external);
        ASSERT_EQ(sent.size(), burst);
        std::map<std::size_t, std::size_t> next;
        for (const Octets& got : sent) {
            const Octets packet = slice(got, 14);
            const std::size_t i = stream_of(packet);
            const Octets& inner = inners[i].at(next[i]++);
            const std::uint64_t number = cipher_of(i) == Cipher::none ? 0 : number_of(packet);
            ASSERT_EQ(hex(packet), hex(sealed(out_[i], i, number, inner)));
            if (cipher_of(i) != Cipher::none && last.contains(i)) {
                EXPECT_EQ(number & 0xffffff, (last[i] + 1) & 0xffffff);
            }
            last[i] = number;
        }
    }
}

TEST_P(MixedBursts, AreOpened) {
    start_all();
    std::uint64_t number = 0;
    for (std::size_t burst = 1; burst <= 64; ++burst) {
        SCOPED_TRACE(burst);
        std::vector<Octets> frames;
        std::map<std::size_t, std::vector<std::string>> wanted;
        for (std::size_t i = 0; i < burst; ++i) {
            const std::size_t stream = any(config.streams.size());
            const Octets inner = to_alice(udp6(), stream).payload(any(1300));
            frames.push_back(frame(TestGateway::external_mac, router_mac(),
                                   sealed(in_[stream], stream, ++number, inner)));
            wanted[stream].push_back(hex(host_frame(inner)));
        }
        site->receive_burst(Side::external, frames);
        site->settle();
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
        std::map<std::size_t, std::vector<std::string>> got;
        for (const Octets& delivered : site->take_sent(Side::internal)) {
            // many_streams() numbers its remote hosts.
            got[read(delivered, 14 + 8 + 8, 2)].push_back(hex(delivered));
        }
        ASSERT_EQ(got, wanted);
    }
}

// One damaged packet of each burst: the others pass.
TEST_P(MixedBursts, LoseThePacketThatFailsAlone) {
    if (!GetParam().opens_gcm) {
        return; // aes-256-cbc does not notice
    }
    start_all();
    std::uint64_t number = 0;
    for (const std::size_t burst : {1U, 2U, 7U, 64U}) {
        for (std::size_t bad = 0; bad < burst; bad += 5) {
            std::vector<Octets> frames;
            for (std::size_t i = 0; i < burst; ++i) {
                const std::size_t stream = i == bad ? 2 : any(config.streams.size());
                Octets packet = sealed(in_[stream], stream, ++number,
                                       to_alice(udp6(), stream).payload(any(1300)));
                if (i == bad) {
                    packet.back() ^= 0x40;
                    mend_checksum(packet);
                }
                frames.push_back(frame(TestGateway::external_mac, router_mac(), packet));
            }
            site->receive_burst(Side::external, frames);
            site->settle();
            EXPECT_EQ(site->take_sent(Side::internal).size(), burst - 1);
            EXPECT_EQ(site->take_reasons(), (ReasonCounts{{"external cipher_tag", 1}}));
        }
    }
}

} // namespace
} // namespace mt6d::test
