// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/packet_key.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mt6d {

namespace {

using KdfContext = std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)>;

constexpr std::string_view extract_salt = "mt6d/v1";
constexpr std::size_t largest_output = 64;

// Fetched once: a fetch searches all providers, under a lock.
EVP_KDF* hkdf() {
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    return algorithm;
}

// Where the keys are on their way from the one place to the other.
struct Output {
    std::array<std::uint8_t, largest_output> bytes{};

    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    ~Output() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

struct Label {
    std::string_view name; // what HKDF's info begins with
    std::size_t size = 0;  // of what is derived, bytes
};

Label label_of(Cipher cipher) {
    switch (cipher) {
    case Cipher::aes_256_cbc:
        return {"cbc", 64};
    case Cipher::aes_256_gcm:
        return {"gcm", 36};
    case Cipher::none:
        break;
    }
    throw std::logic_error("no keys are derived for this cipher");
}

OSSL_PARAM octets(const char* name, std::span<const std::uint8_t> bytes) {
    // OpenSSL only reads what it is given here.
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()),
                                             bytes.size());
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Extract and expand in one call (RFC 5869), so that PRK is OpenSSL's alone, which wipes it.
void derive(std::span<const std::uint8_t> key, std::span<const std::uint8_t> info,
            std::span<std::uint8_t> output) {
    const KdfContext context(EVP_KDF_CTX_new(hkdf()), EVP_KDF_CTX_free);
    std::string digest = "SHA2-256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets(OSSL_KDF_PARAM_KEY, key),
        octets(OSSL_KDF_PARAM_SALT, bytes_of(extract_salt)),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    if (context == nullptr
        || EVP_KDF_derive(context.get(), output.data(), output.size(), parameters.data()) != 1) {
        throw std::runtime_error("OpenSSL has no HKDF with SHA-256: its configuration takes the "
                                 "default provider away");
    }
}

} // namespace

PacketKey::~PacketKey() {
    OPENSSL_cleanse(encryption.data(), encryption.size());
    OPENSSL_cleanse(iv.data(), iv.size());
    OPENSSL_cleanse(nonce_salt.data(), nonce_salt.size());
}

PacketKey derive_packet_key(const config::SessionKey& session_key, Cipher cipher,
                            const Ipv6Address& sender, const Ipv6Address& receiver) {
    const Label label = label_of(cipher);
    std::array<std::uint8_t, 3 + 2 * sizeof(Ipv6Address)> info{};
    auto next = std::copy(label.name.begin(), label.name.end(), info.begin());
    next = std::copy(sender.bytes.begin(), sender.bytes.end(), next);
    std::copy(receiver.bytes.begin(), receiver.bytes.end(), next);

    Output output;
    derive(session_key.bytes(), info, std::span(output.bytes).first(label.size));

    PacketKey key;
    key.cipher = cipher;
    const auto second = output.bytes.begin() + key.encryption.size();
    std::copy(output.bytes.begin(), second, key.encryption.begin());
    if (cipher == Cipher::aes_256_cbc) {
        std::copy_n(second, key.iv.size(), key.iv.begin());
    } else {
        std::copy_n(second, key.nonce_salt.size(), key.nonce_salt.begin());
    }
    return key;
}

} // namespace mt6d
