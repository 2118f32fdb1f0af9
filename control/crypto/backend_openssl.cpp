// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/backend_openssl.hpp"

#include "control/crypto/openssl_context.hpp"
#include "dataplane/crypto_openssl.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <utility>

namespace mt6d {

namespace {

class OpensslBackend final : public CryptoBackend {
public:
    OpensslBackend(OpensslCipher cbc, OpensslCipher gcm, OpensslCipher ecb)
        : cbc_(std::move(cbc)), gcm_(std::move(gcm)), ecb_(std::move(ecb)) {}

    [[nodiscard]] std::string describe() const override {
        return fmt::format("OpenSSL {}", OpenSSL_version(OPENSSL_VERSION_STRING));
    }

    Result<CipherKeyPtr> make_key(dataplane::Operation operation, const PacketKey& key) override {
        const bool cbc = key.cipher == Cipher::aes_256_cbc;
        auto text = make_openssl_context(cbc ? *cbc_ : *gcm_, operation, key.encryption);
        // K_iv encrypts to open as well.
        auto iv = cbc ? make_openssl_context(*ecb_, dataplane::Operation::seal, key.iv) : nullptr;
        if (text == nullptr || (cbc && iv == nullptr)) {
            return Error{"no memory for a key of OpenSSL's"};
        }
        auto made = std::make_unique<dataplane::OpensslKey>();
        made->cipher = key.cipher;
        made->text = text.release();
        made->iv = iv.release();
        return CipherKeyPtr(made.release(), FreeCipherKey{this});
    }

    Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t /*worker*/) override {
        return std::unique_ptr<dataplane::CryptoEngine>(
            std::make_unique<dataplane::OpensslEngine>());
    }

private:
    void free_key(CipherKey* key) override {
        const std::unique_ptr<dataplane::OpensslKey> made(static_cast<dataplane::OpensslKey*>(key));
        EVP_CIPHER_CTX_free(made->text);
        EVP_CIPHER_CTX_free(made->iv);
    }

    OpensslCipher cbc_;
    OpensslCipher gcm_;
    OpensslCipher ecb_;
};

} // namespace

Result<std::unique_ptr<CryptoBackend>> make_openssl_backend() {
    std::array<OpensslCipher, 3> ciphers;
    constexpr std::array names{"AES-256-CBC", "AES-256-GCM", "AES-256-ECB"};
    for (std::size_t i = 0; i < ciphers.size(); ++i) {
        auto cipher = fetch_openssl_cipher(names[i]);
        if (!cipher) {
            return std::move(cipher).error();
        }
        ciphers[i] = *std::move(cipher);
    }
    return std::unique_ptr<CryptoBackend>(std::make_unique<OpensslBackend>(
        std::move(ciphers[0]), std::move(ciphers[1]), std::move(ciphers[2])));
}

} // namespace mt6d
