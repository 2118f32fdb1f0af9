// SPDX-License-Identifier: BSD-3-Clause
// The ciphers by OpenSSL, one packet after the other: works on every machine.
#pragma once

#include "dataplane/crypto.hpp"

#include <openssl/types.h>

namespace mt6d::dataplane {

// Contexts with key and direction set: a packet brings its IV alone. They are worked with, so a
// key is one worker's at a time.
struct OpensslKey : CipherKey {
    EVP_CIPHER_CTX* text = nullptr;
    EVP_CIPHER_CTX* iv = nullptr; // aes-256-cbc: K_iv's, which encrypts whole blocks
};

class OpensslEngine final : public CryptoEngine {
public:
    void run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) override;
};

} // namespace mt6d::dataplane
