// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/backend_device.hpp"

#include "control/crypto/crypto_device.hpp"
#include "control/crypto/openssl_context.hpp"

#include <mt6d/stream.hpp>

#include <fmt/format.h>

#include <utility>

namespace mt6d {

namespace {

using dataplane::DeviceKey;
using dataplane::Operation;

// Of each session key that a stream has, it has one to seal, one to open, and with aes-256-cbc one
// that opens what ICMPv6 errors quote.
constexpr std::size_t keys_of_stream = 3 * epochs_held;
constexpr std::size_t spare_keys = 64;

class DeviceBackend final : public CryptoBackend {
public:
    DeviceBackend(std::unique_ptr<CryptoDevice> device, OpensslCipher ecb)
        : device_(std::move(device)), ecb_(std::move(ecb)) {}

    [[nodiscard]] std::string describe() const override {
        const std::size_t count = device_->queue_pairs();
        return fmt::format("cryptodev {} ({} queue pair{})", device_->name(), count,
                           count == 1 ? "" : "s");
    }

    Result<CipherKeyPtr> make_key(Operation operation, const PacketKey& key) override {
        if (auto able = device_->check(operation, key.cipher); !able) {
            return std::move(able).error();
        }
        CipherKeyPtr made(new DeviceKey, FreeCipherKey{this});
        auto& parts = static_cast<DeviceKey&>(*made);
        parts.cipher = key.cipher;
        parts.session = device_->make_session(operation, key.cipher, key.encryption);
        const bool cbc = key.cipher == Cipher::aes_256_cbc;
        if (cbc) {
            // K_iv encrypts to open as well.
            parts.iv = make_openssl_context(*ecb_, Operation::seal, key.iv).release();
        }
        if (parts.session == nullptr || (cbc && parts.iv == nullptr)) {
            return Error{fmt::format("crypto device {} takes no more keys", device_->name())};
        }
        return made;
    }

    Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t worker) override {
        return std::unique_ptr<dataplane::CryptoEngine>(std::make_unique<dataplane::DeviceEngine>(
            device_->id(), static_cast<std::uint16_t>(worker), device_->operations(worker)));
    }

private:
    void free_key(CipherKey* key) override {
        const std::unique_ptr<DeviceKey> parts(static_cast<DeviceKey*>(key));
        device_->free_session(parts->session);
        EVP_CIPHER_CTX_free(parts->iv);
    }

    std::unique_ptr<CryptoDevice> device_;
    OpensslCipher ecb_;
};

Result<> check_streams(const CryptoDevice& device, const config::Config& config) {
    for (const config::Stream& stream : config.streams) {
        if (stream.options.cipher == Cipher::none) {
            continue;
        }
        for (const Operation operation : {Operation::seal, Operation::open}) {
            if (auto able = device.check(operation, stream.options.cipher); !able) {
                return std::move(able).error().in("stream " + stream.name);
            }
        }
    }
    return {};
}

} // namespace

Result<std::unique_ptr<CryptoBackend>>
make_device_backend(const config::Config& config, std::size_t workers, std::size_t streams) {
    auto ecb = fetch_openssl_cipher("AES-256-ECB");
    if (!ecb) {
        return std::move(ecb).error();
    }
    auto device =
        CryptoDevice::open(config.crypto_device, workers, keys_of_stream * streams + spare_keys);
    if (!device) {
        return std::move(device).error();
    }
    if (auto able = check_streams(**device, config); !able) {
        return std::move(able).error();
    }
    return std::unique_ptr<CryptoBackend>(
        std::make_unique<DeviceBackend>(*std::move(device), *std::move(ecb)));
}

} // namespace mt6d
