// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/hkdf.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace mt6d {

namespace {

using KdfContext = std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)>;

constexpr std::string_view extract_salt = "mt6d/v1";
constexpr std::size_t label_size = 3;

// Fetched once: a fetch searches all providers, under a lock.
EVP_KDF* hkdf() {
    static EVP_KDF* const algorithm = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
    return algorithm;
}

OSSL_PARAM octets(const char* name, std::span<const std::uint8_t> bytes) {
    // OpenSSL only reads what it is given here.
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()),
                                             bytes.size());
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

} // namespace

void hkdf_sha256(std::span<const std::uint8_t> salt, std::span<const std::uint8_t> key,
                 std::span<const std::uint8_t> info, std::span<std::uint8_t> output) {
    const KdfContext context(EVP_KDF_CTX_new(hkdf()), EVP_KDF_CTX_free);
    std::string digest = "SHA2-256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        octets(OSSL_KDF_PARAM_KEY, key),
        octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, info),
        OSSL_PARAM_construct_end(),
    };
    if (context == nullptr
        || EVP_KDF_derive(context.get(), output.data(), output.size(), parameters.data()) != 1) {
        throw std::runtime_error("OpenSSL has no HKDF with SHA-256: its configuration takes the "
                                 "default provider away");
    }
}

void derive_direction_keys(const config::SessionKey& session_key, std::string_view label,
                           const Ipv6Address& sender, const Ipv6Address& receiver,
                           std::span<std::uint8_t> output) {
    std::array<std::uint8_t, label_size + 2 * sizeof(Ipv6Address)> info{};
    auto next = std::copy_n(label.begin(), label_size, info.begin());
    next = std::copy(sender.bytes.begin(), sender.bytes.end(), next);
    std::copy(receiver.bytes.begin(), receiver.bytes.end(), next);
    hkdf_sha256(bytes_of(extract_salt), session_key.bytes(), info, output);
}

} // namespace mt6d
