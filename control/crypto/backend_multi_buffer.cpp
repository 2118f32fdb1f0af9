// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/backend_multi_buffer.hpp"

#include "control/crypto/secret_memory.hpp"
#include "dataplane/crypto_multi_buffer.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <new>
#include <string_view>
#include <utility>

namespace mt6d {

namespace {

using dataplane::MultiBufferCbcKey;
using dataplane::MultiBufferGcmKey;
using dataplane::Operation;

struct Feature {
    std::uint64_t flag;
    const char* name;
};

Error no_memory() {
    return Error{"no memory for a key of the multi-buffer library's"};
}

std::string architecture(const IMB_MGR& manager) {
    constexpr std::array names{"no", "no AES-NI", "SSE", "AVX", "AVX2", "AVX512"};
    std::string text = manager.used_arch < names.size() ? names[manager.used_arch] : "unknown";
    if ((manager.features & IMB_FEATURE_VAES) != 0) {
        text += ", VAES";
    }
    return text;
}

class MultiBufferBackend final : public CryptoBackend {
public:
    MultiBufferBackend() : managers_(imb_get_mb_mgr_size()) {}

    // The manager that expands keys.
    Result<> start() {
        auto manager = make_manager();
        if (!manager) {
            return std::move(manager).error();
        }
        manager_ = *manager;
        return {};
    }

    [[nodiscard]] std::string describe() const override {
        return fmt::format("multi-buffer library {} ({})", imb_get_version_str(),
                           architecture(*manager_));
    }

    Result<CipherKeyPtr> make_key(Operation operation, const PacketKey& key) override {
        CipherKey* const made =
            key.cipher == Cipher::aes_256_cbc ? make_cbc_key(operation, key) : make_gcm_key(key);
        if (made == nullptr) {
            return no_memory();
        }
        made->cipher = key.cipher;
        return CipherKeyPtr(made, FreeCipherKey{this});
    }

    Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t /*worker*/) override {
        auto manager = make_manager();
        if (!manager) {
            return std::move(manager).error();
        }
        return std::unique_ptr<dataplane::CryptoEngine>(
            std::make_unique<dataplane::MultiBufferEngine>(*manager));
    }

private:
    // In secret memory, because keys of packets under way are copied into it.
    Result<IMB_MGR*> make_manager() {
        void* const memory = managers_.allocate();
        if (memory == nullptr) {
            return no_memory();
        }
        IMB_MGR* const manager = imb_set_pointers_mb_mgr(memory, 0, 1);
        if (auto able = check_multi_buffer_features(manager->features); !able) {
            managers_.free(memory);
            return std::move(able).error();
        }
        init_mb_mgr_auto(manager, nullptr);
        if (const int code = imb_get_errno(manager); code != 0) {
            managers_.free(memory);
            return Error{
                fmt::format("the multi-buffer library does not start: {}", imb_get_strerror(code))};
        }
        return manager;
    }

    CipherKey* make_cbc_key(Operation operation, const PacketKey& key) {
        void* const memory = cbc_keys_.allocate();
        if (memory == nullptr) {
            return nullptr;
        }
        auto* const made = new (memory) MultiBufferCbcKey;
        MultiBufferCbcKey::Schedule unused;
        auto& to_seal = operation == Operation::seal ? made->text : unused;
        auto& to_open = operation == Operation::seal ? unused : made->text;
        IMB_AES_KEYEXP_256(manager_, key.encryption.data(), to_seal.data(), to_open.data());
        IMB_AES_KEYEXP_256(manager_, key.iv.data(), made->iv.data(), unused.data());
        OPENSSL_cleanse(unused.data(), unused.size());
        return made;
    }

    CipherKey* make_gcm_key(const PacketKey& key) {
        void* const memory = gcm_keys_.allocate();
        if (memory == nullptr) {
            return nullptr;
        }
        auto* const made = new (memory) MultiBufferGcmKey;
        IMB_AES256_GCM_PRE(manager_, key.encryption.data(), &made->data);
        return made;
    }

    void free_key(CipherKey* key) override {
        (key->cipher == Cipher::aes_256_cbc ? cbc_keys_ : gcm_keys_).free(key);
    }

    SecretMemory managers_;
    SecretMemory cbc_keys_{sizeof(MultiBufferCbcKey)};
    SecretMemory gcm_keys_{sizeof(MultiBufferGcmKey)};
    IMB_MGR* manager_ = nullptr;
};

} // namespace

Result<> check_multi_buffer_features(std::uint64_t features) {
    constexpr std::array needed{
        Feature{IMB_FEATURE_AESNI, "AES-NI"},
        Feature{IMB_FEATURE_PCLMULQDQ, "PCLMULQDQ"},
        Feature{IMB_FEATURE_SSE4_2, "SSE4.2"},
    };
    std::string missing;
    for (const Feature& feature : needed) {
        if ((features & feature.flag) == 0) {
            missing += missing.empty() ? "" : ", ";
            missing += feature.name;
        }
    }
    if (missing.empty()) {
        return {};
    }
    return Error{
        fmt::format("the multi-buffer library needs a CPU with {}: write crypto: auto", missing)};
}

Result<std::unique_ptr<CryptoBackend>> make_multi_buffer_backend() {
    auto backend = std::make_unique<MultiBufferBackend>();
    if (auto started = backend->start(); !started) {
        return std::move(started).error();
    }
    return std::unique_ptr<CryptoBackend>(std::move(backend));
}

} // namespace mt6d
