// SPDX-License-Identifier: BSD-3-Clause
// Of cryptodev, this release still calls rte_cryptodev_sym_session_pool_create() experimental.
#define ALLOW_EXPERIMENTAL_API

#include "control/crypto/crypto_device.hpp"

#include <rte_bus_vdev.h>
#include <rte_cryptodev.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_mempool.h>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <optional>
#include <string_view>
#include <utility>

namespace mt6d {

namespace {

using dataplane::Operation;

constexpr std::uint16_t key_size = 32;
constexpr std::uint16_t cbc_iv_size = 16;
// A burst of a worker's is all that is under way in its queue pair; some drivers want more room.
constexpr std::uint32_t descriptors = 1024;

bool is_virtual(std::string_view name) {
    return name.starts_with("crypto_");
}

rte_cryptodev_info info_of(std::uint8_t id) {
    rte_cryptodev_info info{};
    rte_cryptodev_info_get(id, &info);
    return info;
}

bool is_symmetric(std::uint8_t id) {
    return (info_of(id).feature_flags & RTE_CRYPTODEV_FF_SYMMETRIC_CRYPTO) != 0;
}

// By its own name, or by that of the PCI device it is a part of ("0000:3d:00.0_qat_sym").
std::optional<std::uint8_t> find_device(const std::string& name) {
    if (const int id = rte_cryptodev_get_dev_id(name.c_str()); id >= 0) {
        return static_cast<std::uint8_t>(id);
    }
    for (unsigned i = 0; i < RTE_CRYPTO_MAX_DEVS; ++i) {
        const auto id = static_cast<std::uint8_t>(i);
        if (rte_cryptodev_is_valid_dev(id) != 0 && is_symmetric(id)
            && name == rte_dev_name(info_of(id).device)) {
            return id;
        }
    }
    return std::nullopt;
}

std::string list_devices() {
    std::string list;
    for (unsigned i = 0; i < RTE_CRYPTO_MAX_DEVS; ++i) {
        const auto id = static_cast<std::uint8_t>(i);
        if (rte_cryptodev_is_valid_dev(id) != 0) {
            list += list.empty() ? "" : ", ";
            list += rte_cryptodev_name_get(id);
        }
    }
    return list.empty() ? "none" : list;
}

bool has_cbc(std::uint8_t id) {
    rte_cryptodev_sym_capability_idx index{};
    index.type = RTE_CRYPTO_SYM_XFORM_CIPHER;
    index.algo.cipher = RTE_CRYPTO_CIPHER_AES_CBC;
    const auto* const capability = rte_cryptodev_sym_capability_get(id, &index);
    return capability != nullptr
           && rte_cryptodev_sym_capability_check_cipher(capability, key_size, cbc_iv_size) == 0;
}

bool has_gcm(std::uint8_t id) {
    rte_cryptodev_sym_capability_idx index{};
    index.type = RTE_CRYPTO_SYM_XFORM_AEAD;
    index.algo.aead = RTE_CRYPTO_AEAD_AES_GCM;
    const auto* const capability = rte_cryptodev_sym_capability_get(id, &index);
    return capability != nullptr
           && rte_cryptodev_sym_capability_check_aead(capability, key_size, dataplane::gcm_tag_size,
                                                      dataplane::gcm_additional_size,
                                                      dataplane::gcm_nonce_size)
                  == 0;
}

// Hardware does, and OpenSSL. Drivers of the multi-buffer library in this DPDK release compare byte
// by byte and stop at the first that differs; what nobody has looked at is not trusted.
bool compares_tags_in_constant_time(const rte_cryptodev_info& info) {
    return (info.feature_flags & RTE_CRYPTODEV_FF_HW_ACCELERATED) != 0
           || std::string_view(info.driver_name) == "crypto_openssl";
}

rte_crypto_sym_xform transform_of(Operation operation, Cipher cipher,
                                  const std::array<std::uint8_t, 32>& key) {
    constexpr std::uint16_t iv_offset =
        dataplane::DeviceOperands::offset + offsetof(dataplane::DeviceOperands, iv);
    const bool seal = operation == Operation::seal;
    rte_crypto_sym_xform transform{};
    if (cipher == Cipher::aes_256_cbc) {
        transform.type = RTE_CRYPTO_SYM_XFORM_CIPHER;
        auto& to_do = transform.cipher;
        to_do.op = seal ? RTE_CRYPTO_CIPHER_OP_ENCRYPT : RTE_CRYPTO_CIPHER_OP_DECRYPT;
        to_do.algo = RTE_CRYPTO_CIPHER_AES_CBC;
        to_do.key = {.data = key.data(), .length = key_size};
        to_do.iv = {.offset = iv_offset, .length = cbc_iv_size};
    } else {
        transform.type = RTE_CRYPTO_SYM_XFORM_AEAD;
        auto& to_do = transform.aead;
        to_do.op = seal ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT;
        to_do.algo = RTE_CRYPTO_AEAD_AES_GCM;
        to_do.key = {.data = key.data(), .length = key_size};
        to_do.iv = {.offset = iv_offset, .length = dataplane::gcm_nonce_size};
        to_do.digest_length = dataplane::gcm_tag_size;
        to_do.aad_length = dataplane::gcm_additional_size;
    }
    return transform;
}

} // namespace

void CryptoDevice::FreePool::operator()(rte_mempool* pool) const {
    rte_mempool_free(pool);
}

Result<std::unique_ptr<CryptoDevice>> CryptoDevice::open(const std::string& name,
                                                         std::size_t workers, std::size_t keys) {
    const std::size_t comma = name.find(',');
    std::unique_ptr<CryptoDevice> device(new CryptoDevice(name.substr(0, comma)));
    const std::string arguments = comma == std::string::npos ? "" : name.substr(comma + 1);
    if (auto found = device->find_or_make(arguments, workers); !found) {
        return std::move(found).error();
    }
    if (auto fits = device->check_size(workers, keys); !fits) {
        return std::move(fits).error();
    }
    if (auto made = device->make_pools(workers, keys); !made) {
        return std::move(made).error();
    }
    if (auto started = device->start(workers); !started) {
        return std::move(started).error();
    }
    return device;
}

CryptoDevice::~CryptoDevice() {
    if (configured_) {
        rte_cryptodev_stop(id_);
        rte_cryptodev_close(id_);
    }
    if (made_) {
        rte_vdev_uninit(name_.c_str());
    }
}

Error CryptoDevice::failure(const char* what, int code) const {
    return Error{fmt::format("crypto device {}: {}: {}", name_, what, rte_strerror(code))};
}

Result<> CryptoDevice::find_or_make(const std::string& arguments, std::size_t workers) {
    auto id = find_device(name_);
    if (!id && is_virtual(name_)) {
        const std::string all =
            arguments.empty() ? fmt::format("max_nb_queue_pairs={}", workers) : arguments;
        if (const int code = rte_vdev_init(name_.c_str(), all.c_str()); code != 0) {
            return Error{fmt::format("the virtual crypto device {} cannot be made: {}: are its "
                                     "name and arguments right, and its driver installed "
                                     "(librte-crypto-...)?",
                                     name_, rte_strerror(-code))};
        }
        made_ = true;
        id = find_device(name_);
    }
    if (!id) {
        return Error{fmt::format("there is no crypto device {}, only these: {}: is it bound to "
                                 "vfio-pci, and is its driver installed (librte-crypto-...)?",
                                 name_, list_devices())};
    }
    id_ = *id;
    return {};
}

Result<> CryptoDevice::check_size(std::size_t workers, std::size_t keys) const {
    const rte_cryptodev_info info = info_of(id_);
    if (info.max_nb_queue_pairs < workers) {
        return Error{fmt::format("crypto device {} has {} queue pairs, and each of the {} workers "
                                 "needs one: configure fewer workers, or crypto: auto",
                                 name_, info.max_nb_queue_pairs, workers)};
    }
    const unsigned most = info.sym.max_nb_sessions; // 0: no limit
    if (most != 0 && most < keys) {
        return Error{fmt::format("crypto device {} holds {} keys, and {} are needed: configure "
                                 "fewer streams, or crypto: auto",
                                 name_, most, keys)};
    }
    return {};
}

Result<> CryptoDevice::make_pools(std::size_t workers, std::size_t keys) {
    const int socket = rte_cryptodev_socket_id(id_);
    sessions_.reset(rte_cryptodev_sym_session_pool_create(
        fmt::format("crypto_keys_{}", id_).c_str(), static_cast<std::uint32_t>(keys),
        rte_cryptodev_sym_get_private_session_size(id_), 0, 0, socket));
    const auto count = static_cast<std::uint16_t>(workers * of_worker);
    operation_pool_.reset(rte_crypto_op_pool_create(fmt::format("crypto_ops_{}", id_).c_str(),
                                                    RTE_CRYPTO_OP_TYPE_SYMMETRIC, count, 0,
                                                    sizeof(dataplane::DeviceOperands), socket));
    operations_.resize(count);
    if (sessions_ == nullptr || operation_pool_ == nullptr
        || rte_crypto_op_bulk_alloc(operation_pool_.get(), RTE_CRYPTO_OP_TYPE_SYMMETRIC,
                                    operations_.data(), count)
               != count) {
        return Error{
            fmt::format("no memory for {} keys of crypto device {}: raise memory", keys, name_)};
    }
    return {};
}

Result<> CryptoDevice::start(std::size_t workers) {
    rte_cryptodev_config config{};
    config.socket_id = rte_cryptodev_socket_id(id_);
    config.nb_queue_pairs = static_cast<std::uint16_t>(workers);
    config.ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO | RTE_CRYPTODEV_FF_SECURITY;
    if (const int code = rte_cryptodev_configure(id_, &config); code != 0) {
        return failure("it does not take its configuration", -code);
    }
    configured_ = true;
    const rte_cryptodev_qp_conf settings{.nb_descriptors = descriptors,
                                         .mp_session = sessions_.get()};
    for (std::uint16_t i = 0; i < config.nb_queue_pairs; ++i) {
        if (const int code = rte_cryptodev_queue_pair_setup(id_, i, &settings, config.socket_id);
            code != 0) {
            return failure("a queue pair cannot be set up", -code);
        }
    }
    if (const int code = rte_cryptodev_start(id_); code != 0) {
        return failure("it does not start", -code);
    }
    return {};
}

Result<> CryptoDevice::check(Operation operation, Cipher cipher) const {
    const bool cbc = cipher == Cipher::aes_256_cbc;
    if (!(cbc ? has_cbc(id_) : has_gcm(id_))) {
        return Error{fmt::format("crypto device {} does not do {}: configure another device, or "
                                 "crypto: auto",
                                 name_, cbc ? "aes-256-cbc" : "aes-256-gcm")};
    }
    if (!cbc && operation == Operation::open && !compares_tags_in_constant_time(info_of(id_))) {
        return Error{
            fmt::format("crypto device {} may compare the tags of aes-256-gcm in a time that "
                        "tells an attacker about them: write crypto: multi-buffer, which "
                        "is faster than any driver in software",
                        name_)};
    }
    return {};
}

void* CryptoDevice::make_session(Operation operation, Cipher cipher,
                                 const std::array<std::uint8_t, 32>& key) {
    rte_crypto_sym_xform transform = transform_of(operation, cipher, key);
    return rte_cryptodev_sym_session_create(id_, &transform, sessions_.get());
}

void CryptoDevice::free_session(void* session) {
    if (session == nullptr) {
        return;
    }
    rte_cryptodev_sym_session_free(id_, session);
    // Drivers leave the key in it. It lies in the pool now, for the next one, which begins anew:
    // the pool has no caches, and only the control lcore takes from it.
    OPENSSL_cleanse(session, sessions_->elt_size);
}

} // namespace mt6d
