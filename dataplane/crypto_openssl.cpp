// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/crypto_openssl.hpp"

#include <openssl/evp.h>

namespace mt6d::dataplane {

namespace {

const OpensslKey& key_of(const CryptoJob& job) {
    return static_cast<const OpensslKey&>(*job.key);
}

bool set_iv(EVP_CIPHER_CTX* context, const CryptoJob& job) {
    constexpr int same_direction = -1;
    return EVP_CipherInit_ex2(context, nullptr, nullptr, job.iv.data(), same_direction, nullptr)
           == 1;
}

// In place: what is written is as long as what is read.
bool update(EVP_CIPHER_CTX* context, std::uint8_t* bytes, std::size_t length) {
    int written = 0;
    return EVP_CipherUpdate(context, bytes, &written, bytes, static_cast<int>(length)) == 1;
}

bool finish(EVP_CIPHER_CTX* context) {
    std::array<std::uint8_t, EVP_MAX_BLOCK_LENGTH> rest; // there is none
    int written = 0;
    return EVP_CipherFinal_ex(context, rest.data(), &written) == 1;
}

// Sealing and opening are the same calls: the key's context knows the direction.
bool run_cbc(CryptoJob& job) {
    const OpensslKey& key = key_of(job);
    return update(key.iv, job.iv.data(), job.iv.size()) && set_iv(key.text, job)
           && update(key.text, job.text, job.length) && finish(key.text);
}

bool start_gcm(EVP_CIPHER_CTX* context, const CryptoJob& job) {
    int written = 0;
    return set_iv(context, job)
           && EVP_CipherUpdate(context, nullptr, &written, job.additional.data(),
                               static_cast<int>(job.additional.size()))
                  == 1;
}

bool seal_gcm(CryptoJob& job) {
    EVP_CIPHER_CTX* const context = key_of(job).text;
    return start_gcm(context, job) && update(context, job.text, job.length) && finish(context)
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, gcm_tag_size,
                                  job.text + job.length)
                  == 1;
}

// OpenSSL compares tags in constant time.
bool open_gcm(CryptoJob& job) {
    EVP_CIPHER_CTX* const context = key_of(job).text;
    return start_gcm(context, job) && update(context, job.text, job.length)
           && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, gcm_tag_size,
                                  job.text + job.length)
                  == 1
           && finish(context);
}

} // namespace

void OpensslEngine::run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) {
    for (CryptoJob& job : jobs) {
        if (cipher == Cipher::aes_256_cbc) {
            job.failed = !run_cbc(job);
        } else {
            job.failed = !(operation == Operation::seal ? seal_gcm(job) : open_gcm(job));
        }
    }
}

} // namespace mt6d::dataplane
