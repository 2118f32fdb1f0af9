// SPDX-License-Identifier: BSD-3-Clause
// The ciphers by the multi-buffer library (intel-ipsec-mb), called directly: it interleaves the
// packets of a burst, over all their keys. CBC encryption, serial within a packet, is fast only so.
#pragma once

#include "dataplane/crypto.hpp"

#include <intel-ipsec-mb.h>

namespace mt6d::dataplane {

// Keys as the library expanded them.
struct MultiBufferCbcKey : CipherKey {
    using Schedule = std::array<std::uint8_t, 15 * 16>; // fourteen rounds
    alignas(16) Schedule text;                          // of the key's own direction
    alignas(16) Schedule iv;                            // K_iv's, to encrypt
};

struct MultiBufferGcmKey : CipherKey {
    alignas(cache_line) gcm_key_data data;
};

class MultiBufferEngine final : public CryptoEngine {
public:
    // `manager`, initialised, is this engine's alone and outlives it.
    explicit MultiBufferEngine(IMB_MGR* manager);

    void run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) override;

private:
    bool make_ivs(std::span<CryptoJob> jobs);
    void run_cbc(Operation operation, std::span<CryptoJob> jobs);
    void seal_gcm(std::span<CryptoJob> jobs);
    void open_gcm(std::span<CryptoJob> jobs);

    IMB_MGR* manager_;
    std::array<IMB_JOB, max_jobs> iv_jobs_{};
    std::array<IMB_JOB, max_jobs> cbc_jobs_{};
};

} // namespace mt6d::dataplane
