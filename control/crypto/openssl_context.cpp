// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/openssl_context.hpp"

#include <fmt/format.h>

namespace mt6d {

Result<OpensslCipher> fetch_openssl_cipher(const char* name) {
    OpensslCipher cipher(EVP_CIPHER_fetch(nullptr, name, nullptr));
    if (cipher == nullptr) {
        return Error{fmt::format("OpenSSL has no {} here: look in its openssl.cnf for what takes "
                                 "the default provider away",
                                 name)};
    }
    return cipher;
}

OpensslContext make_openssl_context(const EVP_CIPHER& cipher, dataplane::Operation operation,
                                    const std::array<std::uint8_t, 32>& key) {
    OpensslContext context(EVP_CIPHER_CTX_new());
    const int encrypt = operation == dataplane::Operation::seal ? 1 : 0;
    if (context == nullptr
        || EVP_CipherInit_ex2(context.get(), &cipher, key.data(), nullptr, encrypt, nullptr) != 1
        || EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
        return nullptr;
    }
    return context;
}

} // namespace mt6d
