// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/crypto_multi_buffer.hpp"

#include <rte_prefetch.h>

#include <openssl/crypto.h>

namespace mt6d::dataplane {

namespace {

const MultiBufferCbcKey& cbc_key(const CryptoJob& job) {
    return static_cast<const MultiBufferCbcKey&>(*job.key);
}

const MultiBufferGcmKey& gcm_key(const CryptoJob& job) {
    return static_cast<const MultiBufferGcmKey&>(*job.key);
}

// What counter mode adds its key stream to, so that the key stream comes out.
alignas(16) constexpr std::array<std::uint8_t, 16> zeros{};

// A key is several cache lines, all of which a packet needs. With thousands of streams they come
// from afar, which they do while another packet is being worked on.
void prefetch(const void* key, std::size_t size) {
    const auto* const begin = static_cast<const std::byte*>(key);
    for (std::size_t offset = 0; offset < size; offset += cache_line) {
        rte_prefetch0(begin + offset);
    }
}

void prefetch_gcm_key(std::span<const CryptoJob> jobs, std::size_t i) {
    if (i < jobs.size()) {
        prefetch(&gcm_key(jobs[i]).data, sizeof(gcm_key_data));
    }
}

} // namespace

MultiBufferEngine::MultiBufferEngine(IMB_MGR* manager) : manager_(manager) {
    for (IMB_JOB& job : cbc_jobs_) {
        job.iv_len_in_bytes = sizeof(CryptoJob::iv);
    }
    for (IMB_JOB& job : iv_jobs_) {
        job.iv_len_in_bytes = sizeof(CryptoJob::iv);
        job.src = zeros.data();
        job.msg_len_to_cipher_in_bytes = zeros.size();
    }
}

void MultiBufferEngine::run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) {
    if (cipher == Cipher::aes_256_cbc) {
        run_cbc(operation, jobs);
    } else if (operation == Operation::seal) {
        seal_gcm(jobs);
    } else {
        open_gcm(jobs);
    }
}

// IV = AES-256(K_iv; block): the first block of counter mode's key stream that begins with it.
bool MultiBufferEngine::make_ivs(std::span<CryptoJob> jobs) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        prefetch(jobs[i].key, sizeof(MultiBufferCbcKey));
        iv_jobs_[i].enc_keys = cbc_key(jobs[i]).iv.data();
        iv_jobs_[i].iv = jobs[i].iv.data();
        iv_jobs_[i].dst = jobs[i].iv.data();
    }
    const std::uint32_t made = IMB_SUBMIT_CIPHER_BURST_NOCHECK(
        manager_, iv_jobs_.data(), static_cast<std::uint32_t>(jobs.size()), IMB_CIPHER_CNTR,
        IMB_DIR_ENCRYPT, IMB_KEY_256_BYTES);
    return made == jobs.size();
}

void MultiBufferEngine::run_cbc(Operation operation, std::span<CryptoJob> jobs) {
    const bool ready = make_ivs(jobs);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const CryptoJob& job = jobs[i];
        IMB_JOB& cbc = cbc_jobs_[i];
        cbc.enc_keys = cbc_key(job).text.data();
        cbc.dec_keys = cbc_key(job).text.data();
        cbc.src = job.text;
        cbc.dst = job.text;
        cbc.msg_len_to_cipher_in_bytes = job.length;
        cbc.iv = job.iv.data();
        cbc.status = IMB_STATUS_BEING_PROCESSED;
    }
    IMB_SUBMIT_CIPHER_BURST_NOCHECK(
        manager_, cbc_jobs_.data(), static_cast<std::uint32_t>(jobs.size()), IMB_CIPHER_CBC,
        operation == Operation::seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT, IMB_KEY_256_BYTES);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].failed = !ready || cbc_jobs_[i].status != IMB_STATUS_COMPLETED;
    }
}

void MultiBufferEngine::seal_gcm(std::span<CryptoJob> jobs) {
    alignas(cache_line) gcm_context_data context;
    prefetch_gcm_key(jobs, 0);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        prefetch_gcm_key(jobs, i + 1);
        CryptoJob& job = jobs[i];
        IMB_AES256_GCM_ENC(manager_, &gcm_key(job).data, &context, job.text, job.text, job.length,
                           job.iv.data(), job.additional.data(), job.additional.size(),
                           job.text + job.length, gcm_tag_size);
        job.failed = false; // it refuses null pointers alone
    }
}

void MultiBufferEngine::open_gcm(std::span<CryptoJob> jobs) {
    alignas(cache_line) gcm_context_data context;
    alignas(16) std::array<std::uint8_t, gcm_tag_size> tag;
    prefetch_gcm_key(jobs, 0);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        prefetch_gcm_key(jobs, i + 1);
        CryptoJob& job = jobs[i];
        IMB_AES256_GCM_DEC(manager_, &gcm_key(job).data, &context, job.text, job.text, job.length,
                           job.iv.data(), job.additional.data(), job.additional.size(), tag.data(),
                           tag.size());
        // In constant time.
        job.failed = CRYPTO_memcmp(tag.data(), job.text + job.length, tag.size()) != 0;
    }
}

} // namespace mt6d::dataplane
