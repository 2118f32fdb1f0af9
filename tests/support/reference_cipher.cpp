// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/reference_cipher.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace mt6d::test {
namespace {

constexpr std::size_t block_size = 16;
constexpr int tag_size = 16;
using Key = std::array<std::uint8_t, 32>;

void must(int result) {
    if (result != 1) {
        throw std::runtime_error("OpenSSL refused");
    }
}

class Context {
public:
    Context(const EVP_CIPHER* cipher, const Key& key, const Octets& iv, bool seal) {
        must(EVP_CipherInit_ex(context_.get(), cipher, nullptr, key.data(),
                               iv.empty() ? nullptr : iv.data(), seal ? 1 : 0));
        must(EVP_CIPHER_CTX_set_padding(context_.get(), 0));
    }
    void authenticate(const Octets& additional) {
        int written = 0;
        must(EVP_CipherUpdate(context_.get(), nullptr, &written, additional.data(),
                              static_cast<int>(additional.size())));
    }
    Octets update(const Octets& input) {
        Octets output(input.size() + block_size);
        int written = 0;
        must(EVP_CipherUpdate(context_.get(), output.data(), &written, input.data(),
                              static_cast<int>(input.size())));
        output.resize(static_cast<std::size_t>(written));
        return output;
    }
    bool finish() {
        std::array<std::uint8_t, block_size> rest{};
        int written = 0;
        return EVP_CipherFinal_ex(context_.get(), rest.data(), &written) == 1 && written == 0;
    }
    Octets tag() {
        Octets tag(tag_size);
        must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()));
        return tag;
    }
    void expect_tag(Octets tag) {
        must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()));
    }

private:
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_{EVP_CIPHER_CTX_new(),
                                                                             EVP_CIPHER_CTX_free};
};

void append(Octets& octets, std::uint64_t value, std::size_t size) {
    for (std::size_t i = size; i > 0; --i) {
        octets.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
    }
}

Octets cbc(const PacketKey& key, Salt salt, std::uint64_t number, const Octets& text, bool seal) {
    Context to_iv(EVP_aes_256_ecb(), key.iv, {}, true);
    Context context(EVP_aes_256_cbc(), key.encryption, to_iv.update(cbc_iv_block(salt, number)),
                    seal);
    const Octets result = context.update(text);
    must(context.finish() ? 1 : 0);
    return result;
}

} // namespace

Octets cbc_iv_block(Salt salt, std::uint64_t number) {
    Octets block;
    append(block, salt, 8);
    append(block, 0, 5);
    append(block, number, 3);
    return block;
}

Octets gcm_nonce(const PacketKey& key, std::uint64_t number) {
    Octets nonce(key.nonce_salt.begin(), key.nonce_salt.end());
    append(nonce, number, 8);
    return nonce;
}

Octets seal_reference(const PacketKey& key, Salt salt, std::uint64_t number, const Octets& clear,
                      const Octets& additional) {
    if (key.cipher == Cipher::aes_256_cbc) {
        Octets padded = clear;
        while (padded.size() % block_size != 0) {
            padded.push_back(0);
        }
        return cbc(key, salt, number, padded, true);
    }
    Context context(EVP_aes_256_gcm(), key.encryption, gcm_nonce(key, number), true);
    context.authenticate(additional);
    Octets sealed = context.update(clear);
    must(context.finish() ? 1 : 0);
    const Octets tag = context.tag();
    sealed.insert(sealed.end(), tag.begin(), tag.end());
    return sealed;
}

std::optional<Octets> open_reference(const PacketKey& key, Salt salt, std::uint64_t number,
                                     const Octets& sealed, const Octets& additional) {
    if (key.cipher == Cipher::aes_256_cbc) {
        return cbc(key, salt, number, sealed, false);
    }
    if (sealed.size() < tag_size) {
        return std::nullopt;
    }
    Context context(EVP_aes_256_gcm(), key.encryption, gcm_nonce(key, number), false);
    context.authenticate(additional);
    Octets text = context.update(Octets(sealed.begin(), sealed.end() - tag_size));
    context.expect_tag(Octets(sealed.end() - tag_size, sealed.end()));
    return context.finish() ? std::optional(text) : std::nullopt;
}

} // namespace mt6d::test
