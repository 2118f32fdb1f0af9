// SPDX-License-Identifier: BSD-3-Clause
// OpenSSL's ciphers with a key each: freed, contexts are wiped.
#pragma once

#include "dataplane/crypto.hpp"

#include <mt6d/result.hpp>

#include <openssl/evp.h>

#include <array>
#include <memory>

namespace mt6d {

struct FreeOpenssl {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using OpensslCipher = std::unique_ptr<EVP_CIPHER, FreeOpenssl>;
using OpensslContext = std::unique_ptr<EVP_CIPHER_CTX, FreeOpenssl>;

// `name`: "AES-256-GCM". To be fetched once: a fetch searches all providers, under locks.
Result<OpensslCipher> fetch_openssl_cipher(const char* name);

// Without padding, waiting for an IV where the cipher has one. Null: no memory.
OpensslContext make_openssl_context(const EVP_CIPHER& cipher, dataplane::Operation operation,
                                    const std::array<std::uint8_t, 32>& key);

} // namespace mt6d
