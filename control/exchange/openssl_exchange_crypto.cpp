// SPDX-License-Identifier: BSD-3-Clause
#include "control/exchange/openssl_exchange_crypto.hpp"

#include "control/crypto/hkdf.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mt6d {

namespace {

constexpr std::string_view x25519_label = "mt6d/v1/x25519";
constexpr std::string_view fingerprint_label = "mt6d/v1/saved";

struct FreeOpenssl {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeOpenssl>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeOpenssl>;
using Key = std::unique_ptr<EVP_PKEY, FreeOpenssl>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeOpenssl>;

void need(bool done, const char* what) {
    if (!done) {
        throw std::runtime_error(std::string("OpenSSL could not do ") + what
                                 + ": look in its openssl.cnf for what takes the default provider "
                                   "away");
    }
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

CipherContext wrapping(const EVP_CIPHER* cipher, const SecretBytes<32>& key, int encrypt) {
    CipherContext context(EVP_CIPHER_CTX_new());
    need(context != nullptr, "AES-KW");
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    need(EVP_CipherInit_ex2(context.get(), cipher, key.bytes.data(), nullptr, encrypt, nullptr)
             == 1,
         "AES-KW");
    return context;
}

Key own_key(const PrivateKey& own) {
    Key key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, own.bytes.data(), own.bytes.size()));
    need(key != nullptr, "X25519");
    return key;
}

// None: the peer's public key is one of those that give an all-zero secret (RFC 7748, 6.1).
std::optional<SecretBytes<32>> shared_secret(const PrivateKey& own, const PublicKey& peer) {
    const Key key = own_key(own);
    const Key other(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, peer.data(), peer.size()));
    const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
    need(other != nullptr && context != nullptr && EVP_PKEY_derive_init(context.get()) == 1
             && EVP_PKEY_derive_set_peer(context.get(), other.get()) == 1,
         "X25519");
    SecretBytes<32> secret;
    std::size_t size = secret.bytes.size();
    const bool derived = EVP_PKEY_derive(context.get(), secret.bytes.data(), &size) == 1;
    const SecretBytes<32> zeros;
    if (!derived || size != secret.bytes.size()
        || CRYPTO_memcmp(secret.bytes.data(), zeros.bytes.data(), size) == 0) {
        return std::nullopt;
    }
    return secret;
}

} // namespace

bool same_mac(std::span<const std::uint8_t, key_message::mac_size> a, const KeyMac& b) {
    return CRYPTO_memcmp(a.data(), b.data(), b.size()) == 0;
}

OpensslExchangeCrypto::OpensslExchangeCrypto()
    : hmac_(EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
      key_wrap_(EVP_CIPHER_fetch(nullptr, "id-aes256-wrap", nullptr)) {
    need(hmac_ != nullptr, "HMAC");
    need(key_wrap_ != nullptr, "AES-KW");
}

ExchangeKeys OpensslExchangeCrypto::derive(const config::SessionKey& key,
                                           const Direction& direction) {
    SecretBytes<64> both;
    derive_direction_keys(key, "kex", direction.sender, direction.receiver, both.bytes);
    ExchangeKeys keys;
    const auto second = both.bytes.begin() + keys.mac.bytes.size();
    std::copy(both.bytes.begin(), second, keys.mac.bytes.begin());
    std::copy(second, both.bytes.end(), keys.wrap.bytes.begin());
    return keys;
}

KeyMac OpensslExchangeCrypto::mac(const SecretBytes<32>& key, std::initializer_list<Bytes> parts) {
    const MacContext context(EVP_MAC_CTX_new(hmac_.get()));
    std::string digest = "SHA2-256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end(),
    };
    bool done =
        context != nullptr
        && EVP_MAC_init(context.get(), key.bytes.data(), key.bytes.size(), parameters.data()) == 1;
    for (const Bytes part : parts) {
        done = done && EVP_MAC_update(context.get(), part.data(), part.size()) == 1;
    }
    SecretBytes<32> whole;
    std::size_t size = 0;
    need(done && EVP_MAC_final(context.get(), whole.bytes.data(), &size, whole.bytes.size()) == 1,
         "HMAC with SHA-256");
    KeyMac first{};
    std::copy_n(whole.bytes.begin(), first.size(), first.begin());
    return first;
}

WrappedKey OpensslExchangeCrypto::wrap(const SecretBytes<32>& wrap, const config::SessionKey& key) {
    const CipherContext context = wrapping(key_wrap_.get(), wrap, 1);
    WrappedKey wrapped{};
    int size = 0;
    need(key.bytes().size() == key_message::new_key_size
             && EVP_CipherUpdate(context.get(), wrapped.data(), &size, key.bytes().data(),
                                 static_cast<int>(key.bytes().size()))
                    == 1
             && size == static_cast<int>(wrapped.size()),
         "AES-KW");
    return wrapped;
}

std::optional<config::SessionKey> OpensslExchangeCrypto::unwrap(const SecretBytes<32>& wrap,
                                                                Bytes wrapped) {
    const CipherContext context = wrapping(key_wrap_.get(), wrap, 0);
    SecretBytes<key_message::wrapped_key_size> key; // OpenSSL may use the room of the check value
    int size = 0;
    if (wrapped.size() != key.bytes.size()
        || EVP_CipherUpdate(context.get(), key.bytes.data(), &size, wrapped.data(),
                            static_cast<int>(wrapped.size()))
               != 1
        || size != static_cast<int>(key_message::new_key_size)) {
        return std::nullopt;
    }
    return *config::SessionKey::from_bytes(std::span(key.bytes).first(key_message::new_key_size));
}

PublicKey OpensslExchangeCrypto::public_key(const PrivateKey& own) {
    PublicKey made{};
    std::size_t size = made.size();
    need(EVP_PKEY_get_raw_public_key(own_key(own).get(), made.data(), &size) == 1
             && size == made.size(),
         "X25519");
    return made;
}

std::optional<config::SessionKey> OpensslExchangeCrypto::agree(const PrivateKey& own,
                                                               const PublicKey& peer,
                                                               const config::SessionKey& old_key,
                                                               const PublicKey& initiator,
                                                               const PublicKey& responder) {
    const auto secret = shared_secret(own, peer);
    if (!secret) {
        return std::nullopt;
    }
    std::array<std::uint8_t, x25519_label.size() + 2 * sizeof(PublicKey)> info{};
    auto next = std::copy(x25519_label.begin(), x25519_label.end(), info.begin());
    next = std::copy(initiator.begin(), initiator.end(), next);
    std::copy(responder.begin(), responder.end(), next);
    SecretBytes<key_message::new_key_size> key;
    hkdf_sha256(old_key.bytes(), secret->bytes, info, key.bytes);
    return *config::SessionKey::from_bytes(key.bytes);
}

std::array<std::uint8_t, 32> OpensslExchangeCrypto::fingerprint(const config::SessionKey& key) {
    std::array<std::uint8_t, 32> made{};
    hkdf_sha256(bytes_of("mt6d/v1"), key.bytes(), bytes_of(fingerprint_label), made);
    return made;
}

} // namespace mt6d
