// SPDX-License-Identifier: BSD-3-Clause
// Which crypto back end a configuration gets, and what it is told where it cannot have it.
#include "control/crypto/backend.hpp"
#include "control/crypto/backend_multi_buffer.hpp"

#include <rte_cryptodev.h>

#include <gmock/gmock.h>

#include <initializer_list>

namespace mt6d::test {
namespace {

using dataplane::Operation;
using testing::HasSubstr;
using testing::StartsWith;

config::Config config_of(config::Crypto crypto, const char* device = "") {
    config::Config config;
    config.crypto = crypto;
    config.crypto_device = device;
    return config;
}

config::Config with_stream(config::Config config, Cipher cipher) {
    config::Stream stream;
    stream.name = "alice-bob";
    stream.options.cipher = cipher;
    config.streams.push_back(stream);
    return config;
}

PacketKey key_of(Cipher cipher) {
    PacketKey key;
    key.cipher = cipher;
    return key;
}

std::string description(const config::Config& config, std::size_t workers = 1) {
    const auto made = make_crypto_backend(config, workers, 1);
    return made ? (*made)->describe() : "error: " + made.error().message;
}

void expect_error(const config::Config& config, std::initializer_list<const char*> parts,
                  std::size_t workers = 1) {
    const auto made = make_crypto_backend(config, workers, 1);
    ASSERT_FALSE(made);
    for (const char* part : parts) {
        EXPECT_THAT(made.error().message, HasSubstr(part));
    }
}

TEST(CryptoBackend, SaysWhatItIs) {
    EXPECT_THAT(description(config_of(config::Crypto::multi_buffer)),
                StartsWith("multi-buffer library 1."));
    EXPECT_THAT(description(config_of(config::Crypto::openssl)), StartsWith("OpenSSL 3."));
    EXPECT_EQ(description(config_of(config::Crypto::device, "crypto_openssl"), 2),
              "cryptodev crypto_openssl (2 queue pairs)");
}

TEST(CryptoBackend, IsTheMultiBufferLibraryUnlessTold) {
    EXPECT_EQ(description(config_of(config::Crypto::automatic)),
              description(config_of(config::Crypto::multi_buffer)));
}

TEST(CryptoBackend, TheMultiBufferLibraryNamesWhatTheCpuLacks) {
    constexpr std::uint64_t all = ~std::uint64_t{0};
    EXPECT_TRUE(check_multi_buffer_features(all));
    const auto checked = check_multi_buffer_features(all & ~(std::uint64_t{1} << 1U)); // AES-NI
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().message,
              "the multi-buffer library needs a CPU with AES-NI: write crypto: auto");
}

TEST(CryptoBackend, AVirtualDeviceIsGoneWithIt) {
    const unsigned before = rte_cryptodev_count();
    for (int i = 0; i < 3; ++i) {
        auto made = make_crypto_backend(config_of(config::Crypto::device, "crypto_openssl"), 1, 1);
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_EQ(rte_cryptodev_count(), before + 1);
        *made = nullptr;
        EXPECT_EQ(rte_cryptodev_count(), before);
    }
}

TEST(CryptoBackend, AnUnknownDeviceIsNamed) {
    expect_error(config_of(config::Crypto::device, "0000:7f:1f.7"),
                 {"there is no crypto device 0000:7f:1f.7", "only these: none", "vfio-pci"});
    expect_error(config_of(config::Crypto::device, "crypto_nonsense"),
                 {"crypto_nonsense cannot be made", "librte-crypto-"});
}

TEST(CryptoBackend, ADeviceWithTooFewQueuePairsIsRefused) {
    expect_error(config_of(config::Crypto::device, "crypto_openssl,max_nb_queue_pairs=1"),
                 {"crypto_openssl has 1 queue pairs", "2 workers"}, 2);
}

TEST(CryptoBackend, ADeviceThatDoesNotDoAStreamsCipherIsRefused) {
    const auto null = config_of(config::Crypto::device, "crypto_null");
    expect_error(with_stream(null, Cipher::aes_256_cbc),
                 {"stream alice-bob", "crypto_null does not do aes-256-cbc"});
    const auto made = make_crypto_backend(null, 1, 1);
    ASSERT_TRUE(made) << made.error().message;
    const auto key = (*made)->make_key(Operation::seal, key_of(Cipher::aes_256_gcm));
    ASSERT_FALSE(key);
    EXPECT_THAT(key.error().message, HasSubstr("crypto_null does not do aes-256-gcm"));
}

TEST(CryptoBackend, DriversThatCompareTagsInVariableTimeOpenNothing) {
    for (const char* const driver : {"crypto_aesni_mb", "crypto_aesni_gcm"}) {
        const auto config = config_of(config::Crypto::device, driver);
        expect_error(with_stream(config, Cipher::aes_256_gcm),
                     {"stream alice-bob", driver, "compare the tags", "crypto: multi-buffer"});
        const auto made = make_crypto_backend(config, 1, 1);
        ASSERT_TRUE(made) << made.error().message;
        EXPECT_FALSE((*made)->make_key(Operation::open, key_of(Cipher::aes_256_gcm)));
        EXPECT_TRUE((*made)->make_key(Operation::seal, key_of(Cipher::aes_256_gcm)));
    }
}

TEST(CryptoBackend, ADeviceThatHoldsNoMoreKeysSaysSo) {
    const auto made =
        make_crypto_backend(config_of(config::Crypto::device, "crypto_openssl"), 1, 1);
    ASSERT_TRUE(made) << made.error().message;
    std::vector<CipherKeyPtr> keys;
    for (;;) {
        auto key = (*made)->make_key(Operation::seal, key_of(Cipher::aes_256_gcm));
        if (!key) {
            EXPECT_EQ(key.error().message, "crypto device crypto_openssl takes no more keys");
            break;
        }
        keys.push_back(*std::move(key));
        ASSERT_LT(keys.size(), 1000U);
    }
    keys.pop_back();
    EXPECT_TRUE((*made)->make_key(Operation::seal, key_of(Cipher::aes_256_gcm)));
}

} // namespace
} // namespace mt6d::test
