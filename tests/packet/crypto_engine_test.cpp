// SPDX-License-Identifier: BSD-3-Clause
// Every crypto back end seals and opens as the reference cipher does, whatever the bursts look
// like.
#include "crypto_bursts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

namespace mt6d::test {
namespace {

using dataplane::CryptoEngine;
using dataplane::CryptoJob;
using dataplane::Operation;

constexpr std::size_t workers = 2;
constexpr std::size_t least_size = 8;
constexpr std::size_t most_size = 1500;

struct Row {
    const char* name;
    config::Crypto crypto;
    const char* device;
    Cipher cipher;
};

constexpr Row rows[] = {
    {"multi_buffer_cbc", config::Crypto::multi_buffer, "", Cipher::aes_256_cbc},
    {"multi_buffer_gcm", config::Crypto::multi_buffer, "", Cipher::aes_256_gcm},
    {"openssl_cbc", config::Crypto::openssl, "", Cipher::aes_256_cbc},
    {"openssl_gcm", config::Crypto::openssl, "", Cipher::aes_256_gcm},
    {"device_openssl_cbc", config::Crypto::device, "crypto_openssl", Cipher::aes_256_cbc},
    {"device_openssl_gcm", config::Crypto::device, "crypto_openssl", Cipher::aes_256_gcm},
    {"device_multi_buffer_cbc", config::Crypto::device, "crypto_aesni_mb", Cipher::aes_256_cbc},
};

void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}

class Engine : public testing::TestWithParam<Row> {
protected:
    void SetUp() override {
        config::Config config;
        config.crypto = GetParam().crypto;
        config.crypto_device = GetParam().device;
        auto made = make_crypto_backend(config, workers, 64);
        ASSERT_TRUE(made) << made.error().message;
        backend = *std::move(made);
        for (std::size_t i = 0; i < workers; ++i) {
            auto engine = backend->make_engine(i);
            ASSERT_TRUE(engine) << engine.error().message;
            engines.push_back(*std::move(engine));
        }
    }

    KeyPair make_keys() {
        KeyPair keys;
        keys.key = maker.make_key();
        auto seal = backend->make_key(Operation::seal, keys.key);
        auto open = backend->make_key(Operation::open, keys.key);
        EXPECT_TRUE(seal && open);
        keys.seal = *std::move(seal);
        keys.open = *std::move(open);
        return keys;
    }
    std::vector<KeyPair> make_keys(std::size_t count) {
        std::vector<KeyPair> keys;
        for (std::size_t i = 0; i < count; ++i) {
            keys.push_back(make_keys());
        }
        return keys;
    }

    // Packets of increasing size, each with any of the keys; `owner` says which.
    struct Burst {
        std::vector<CryptoPacket> packets;
        std::vector<CryptoJob> jobs;
    };
    Burst make_burst(Operation operation, std::vector<KeyPair>& keys, std::size_t count) {
        Burst burst;
        for (std::size_t i = 0; i < count; ++i) {
            KeyPair& pair = keys[maker.below(keys.size())];
            CryptoPacket packet = maker.make_packet(pair.key, next_size);
            next_size = next_size == most_size ? least_size : next_size + 1;
            burst.jobs.push_back(operation == Operation::seal ? packet.to_seal(*pair.seal)
                                                              : packet.to_open(*pair.open));
            burst.packets.push_back(std::move(packet));
        }
        return burst;
    }

    void run(Operation operation, Burst& burst, std::size_t worker = 0) {
        engines[worker]->run(operation, GetParam().cipher, burst.jobs);
    }

    static void expect_right(Operation operation, const Burst& burst, std::size_t i) {
        const CryptoPacket& packet = burst.packets[i];
        EXPECT_FALSE(burst.jobs[i].failed);
        const Octets& expected = operation == Operation::seal ? packet.sealed() : packet.clear();
        EXPECT_EQ(packet.text(expected.size()), expected);
        EXPECT_TRUE(packet.is_rest_untouched());
    }
    static void expect_right(Operation operation, const Burst& burst) {
        for (std::size_t i = 0; i < burst.jobs.size(); ++i) {
            SCOPED_TRACE(i);
            expect_right(operation, burst, i);
        }
    }

    // All sizes, in bursts of all sizes.
    void expect_right_bursts(Operation operation) {
        auto keys = make_keys(7);
        for (std::size_t count = 1; count <= CryptoEngine::max_jobs; ++count) {
            SCOPED_TRACE(count);
            Burst burst = make_burst(operation, keys, count);
            run(operation, burst);
            expect_right(operation, burst);
        }
    }

    PacketMaker maker{GetParam().cipher};
    std::unique_ptr<CryptoBackend> backend;
    std::vector<std::unique_ptr<CryptoEngine>> engines;
    std::size_t next_size = least_size;
};

TEST_P(Engine, SealsAsTheReferenceDoes) {
    expect_right_bursts(Operation::seal);
}

TEST_P(Engine, OpensWhatTheReferenceSealed) {
    expect_right_bursts(Operation::open);
}

TEST_P(Engine, SealsAndOpensWithAKeyForEachPacket) {
    auto keys = make_keys(CryptoEngine::max_jobs);
    for (const Operation operation : {Operation::seal, Operation::open}) {
        Burst burst;
        for (KeyPair& pair : keys) {
            burst.packets.push_back(maker.make_packet(pair.key, 1440));
            burst.jobs.push_back(operation == Operation::seal
                                     ? burst.packets.back().to_seal(*pair.seal)
                                     : burst.packets.back().to_open(*pair.open));
        }
        run(operation, burst);
        expect_right(operation, burst);
    }
}

// aes-256-cbc authenticates nothing: what is altered opens, to something else.
TEST_P(Engine, AnAlteredPacketChangesNothingForTheOthers) {
    auto keys = make_keys(5);
    for (std::size_t altered = 0; altered < CryptoEngine::max_jobs; ++altered) {
        SCOPED_TRACE(altered);
        Burst burst = make_burst(Operation::open, keys, CryptoEngine::max_jobs);
        burst.jobs[altered].text[0] ^= 1U;
        run(Operation::open, burst);
        EXPECT_EQ(burst.jobs[altered].failed, GetParam().cipher == Cipher::aes_256_gcm);
        const CryptoPacket& packet = burst.packets[altered];
        EXPECT_NE(packet.text(packet.clear().size()), packet.clear());
        EXPECT_TRUE(packet.is_rest_untouched());
        for (std::size_t i = 0; i < burst.jobs.size(); ++i) {
            if (i != altered) {
                expect_right(Operation::open, burst, i);
            }
        }
    }
}

TEST_P(Engine, KeysComeAndGoBetweenBursts) {
    auto keys = make_keys(4);
    for (int round = 0; round < 50; ++round) {
        SCOPED_TRACE(round);
        for (const Operation operation : {Operation::seal, Operation::open}) {
            Burst burst = make_burst(operation, keys, 9);
            run(operation, burst);
            expect_right(operation, burst);
        }
        keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(maker.below(keys.size())));
        keys.push_back(make_keys());
    }
}

TEST_P(Engine, WorkersRunSideBySide) {
    auto keys = make_keys(2 * workers);
    const auto bursts_of = [&](Operation operation, std::size_t worker) {
        std::vector<KeyPair> own;
        own.push_back(std::move(keys[2 * worker]));
        own.push_back(std::move(keys[2 * worker + 1]));
        Burst burst = make_burst(operation, own, 32);
        keys[2 * worker] = std::move(own[0]);
        keys[2 * worker + 1] = std::move(own[1]);
        return burst;
    };
    for (int round = 0; round < 20; ++round) {
        SCOPED_TRACE(round);
        for (const Operation operation : {Operation::seal, Operation::open}) {
            std::vector<Burst> bursts;
            std::vector<std::thread> threads;
            for (std::size_t worker = 0; worker < workers; ++worker) {
                bursts.push_back(bursts_of(operation, worker));
            }
            for (std::size_t worker = 0; worker < workers; ++worker) {
                threads.emplace_back([&, worker] { run(operation, bursts[worker], worker); });
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
            for (const Burst& burst : bursts) {
                expect_right(operation, burst);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, Engine, testing::ValuesIn(rows),
                         [](const auto& row) { return row.param.name; });

// --- aes-256-gcm alone ------------------------------------------------------------------------

class Authentication : public Engine {
protected:
    // Of a burst, `change` alters one packet, which fails alone.
    template <class Change>
    void expect_fails_alone(const Change& change) {
        auto keys = make_keys(3);
        Burst burst = make_burst(Operation::open, keys, 8);
        change(burst.jobs[5]);
        run(Operation::open, burst);
        for (std::size_t i = 0; i < burst.jobs.size(); ++i) {
            if (i == 5) {
                EXPECT_TRUE(burst.jobs[i].failed);
            } else {
                expect_right(Operation::open, burst, i);
            }
        }
    }
};

TEST_P(Authentication, EachBitOfTheTagCounts) {
    for (std::size_t bit = 0; bit < 8 * dataplane::gcm_tag_size; ++bit) {
        SCOPED_TRACE(bit);
        expect_fails_alone([bit](CryptoJob& job) {
            job.text[job.length + bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        });
    }
}

TEST_P(Authentication, EachByteOfTheAdditionalDataCounts) {
    for (std::size_t i = 0; i < dataplane::gcm_additional_size; ++i) {
        SCOPED_TRACE(i);
        expect_fails_alone([i](CryptoJob& job) { job.additional[i] ^= 0x10U; });
    }
}

TEST_P(Authentication, EachByteOfTheNonceCounts) {
    for (std::size_t i = 0; i < dataplane::gcm_nonce_size; ++i) {
        SCOPED_TRACE(i);
        expect_fails_alone([i](CryptoJob& job) { job.iv[i] ^= 0x80U; });
    }
}

TEST_P(Authentication, TheLastByteOfTheTextCounts) {
    expect_fails_alone([](CryptoJob& job) { job.text[job.length - 1] ^= 0x80U; });
}

TEST_P(Authentication, AKeyOpensNothingOfAnother) {
    const KeyPair other = make_keys();
    expect_fails_alone([&](CryptoJob& job) { job.key = other.open.get(); });
}

std::vector<Row> authenticating_rows() {
    std::vector<Row> chosen;
    std::copy_if(std::begin(rows), std::end(rows), std::back_inserter(chosen),
                 [](const Row& row) { return row.cipher == Cipher::aes_256_gcm; });
    return chosen;
}

INSTANTIATE_TEST_SUITE_P(Backends, Authentication, testing::ValuesIn(authenticating_rows()),
                         [](const auto& row) { return row.param.name; });

} // namespace
} // namespace mt6d::test
