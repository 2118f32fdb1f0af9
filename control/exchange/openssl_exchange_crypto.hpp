// SPDX-License-Identifier: BSD-3-Clause
// Key exchange with OpenSSL: HMAC, AES-KW, X25519 and HKDF.
#pragma once

#include "control/exchange/exchange_crypto.hpp"

#include <openssl/evp.h>

#include <memory>

namespace mt6d {

// One for all streams of a thread. Throws std::runtime_error, in the constructor too, where this
// machine's OpenSSL does not offer what it needs.
class OpensslExchangeCrypto final : public ExchangeCrypto {
public:
    OpensslExchangeCrypto();

    ExchangeKeys derive(const config::SessionKey& key, const Direction& direction) override;
    KeyMac mac(const SecretBytes<32>& key, std::initializer_list<Bytes> parts) override;
    WrappedKey wrap(const SecretBytes<32>& wrap, const config::SessionKey& key) override;
    std::optional<config::SessionKey> unwrap(const SecretBytes<32>& wrap, Bytes wrapped) override;
    PublicKey public_key(const PrivateKey& own) override;
    std::optional<config::SessionKey> agree(const PrivateKey& own, const PublicKey& peer,
                                            const config::SessionKey& old_key,
                                            const PublicKey& initiator,
                                            const PublicKey& responder) override;
    std::array<std::uint8_t, 32> fingerprint(const config::SessionKey& key) override;

private:
    struct Free {
        void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
        void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    };

    std::unique_ptr<EVP_MAC, Free> hmac_;
    std::unique_ptr<EVP_CIPHER, Free> key_wrap_;
};

} // namespace mt6d
