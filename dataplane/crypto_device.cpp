// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/crypto_device.hpp"

#include <rte_cryptodev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include <openssl/evp.h>

#include <algorithm>

namespace mt6d::dataplane {

namespace {

const DeviceKey& key_of(const CryptoJob& job) {
    return static_cast<const DeviceKey&>(*job.key);
}

// Behind the operation, where rte_crypto_op has an array of no elements.
rte_crypto_sym_op& symmetric(rte_crypto_op& operation) {
    return *rte_crypto_op_ctod_offset(&operation, rte_crypto_sym_op*, sizeof(rte_crypto_op));
}

DeviceOperands& operands_of(rte_crypto_op& operation) {
    return *rte_crypto_op_ctod_offset(&operation, DeviceOperands*, DeviceOperands::offset);
}

std::uint32_t text_offset(const CryptoJob& job) {
    return static_cast<std::uint32_t>(job.text - rte_pktmbuf_mtod(job.packet, std::uint8_t*));
}

// IV = AES-256(K_iv; block).
bool prepare_cbc(rte_crypto_op& operation, const CryptoJob& job) {
    symmetric(operation).cipher.data.offset = text_offset(job);
    symmetric(operation).cipher.data.length = job.length;
    int written = 0;
    return EVP_CipherUpdate(key_of(job).iv, operands_of(operation).iv.data(), &written,
                            job.iv.data(), static_cast<int>(job.iv.size()))
           == 1;
}

void prepare_gcm(rte_crypto_op& operation, const CryptoJob& job) {
    DeviceOperands& operands = operands_of(operation);
    std::copy_n(job.iv.begin(), gcm_nonce_size, operands.iv.begin());
    std::copy(job.additional.begin(), job.additional.end(), operands.additional.begin());
    auto& aead = symmetric(operation).aead;
    aead.data.offset = text_offset(job);
    aead.data.length = job.length;
    aead.digest.data = job.text + job.length;
    aead.digest.phys_addr =
        rte_pktmbuf_iova_offset(job.packet, aead.data.offset + aead.data.length);
    aead.aad.data = operands.additional.data();
    aead.aad.phys_addr = rte_crypto_op_ctophys_offset(
        &operation, DeviceOperands::offset + offsetof(DeviceOperands, additional));
}

bool prepare(rte_crypto_op& operation, Cipher cipher, const CryptoJob& job) {
    operation.status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
    operation.sess_type = RTE_CRYPTO_OP_WITH_SESSION;
    rte_crypto_sym_op& parameters = symmetric(operation);
    parameters.m_src = job.packet;
    parameters.m_dst = nullptr; // in place
    parameters.session = key_of(job).session;
    if (cipher == Cipher::aes_256_cbc) {
        return prepare_cbc(operation, job);
    }
    prepare_gcm(operation, job);
    return true;
}

} // namespace

DeviceEngine::DeviceEngine(std::uint8_t device, std::uint16_t queue_pair, Operations operations)
    : device_(device), queue_pair_(queue_pair) {
    std::copy(operations.begin(), operations.end(), operations_.begin());
}

// The session says what the operation is.
void DeviceEngine::run(Operation /*operation*/, Cipher cipher, std::span<CryptoJob> jobs) {
    std::array<rte_crypto_op*, max_jobs> ready;
    std::size_t count = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        if (prepare(*operations_[i], cipher, jobs[i])) {
            ready[count++] = operations_[i];
        }
    }
    exchange(std::span(ready).first(count));
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].failed = operations_[i]->status != RTE_CRYPTO_OP_STATUS_SUCCESS;
    }
}

void DeviceEngine::exchange(std::span<rte_crypto_op*> operations) {
    std::array<rte_crypto_op*, max_jobs> returned;
    std::uint16_t under_way = 0;
    while (!operations.empty() || under_way != 0) {
        if (!operations.empty()) {
            const std::uint16_t taken =
                rte_cryptodev_enqueue_burst(device_, queue_pair_, operations.data(),
                                            static_cast<std::uint16_t>(operations.size()));
            operations = operations.subspan(taken);
            under_way = static_cast<std::uint16_t>(under_way + taken);
        }
        if (under_way == 0) {
            // Its queue is empty and it takes nothing: it refuses this one.
            operations.front()->status = RTE_CRYPTO_OP_STATUS_ERROR;
            operations = operations.subspan(1);
            continue;
        }
        const std::uint16_t back =
            rte_cryptodev_dequeue_burst(device_, queue_pair_, returned.data(), under_way);
        under_way = static_cast<std::uint16_t>(under_way - back);
        if (back == 0) {
            rte_pause();
        }
    }
}

} // namespace mt6d::dataplane
