// SPDX-License-Identifier: BSD-3-Clause
// The ciphers by a device of DPDK's cryptodev, mostly hardware. What it takes longer for than a
// CPU is spread over the packets of a burst.
#pragma once

#include "dataplane/crypto.hpp"

#include <rte_crypto.h>

#include <openssl/types.h>

namespace mt6d::dataplane {

struct DeviceKey : CipherKey {
    void* session = nullptr;      // the device's, with key, operation and cipher
    EVP_CIPHER_CTX* iv = nullptr; // aes-256-cbc: K_iv's, for the CPU
};

// What lies behind each of the device's operations, where sessions expect it.
struct DeviceOperands {
    static constexpr std::uint16_t offset = sizeof(rte_crypto_op) + sizeof(rte_crypto_sym_op);

    std::array<std::uint8_t, 16> iv;
    // Drivers may write up to the next multiple of 16.
    std::array<std::uint8_t, (gcm_additional_size + 15) / 16 * 16> additional;
};

class DeviceEngine final : public CryptoEngine {
public:
    using Operations = std::span<rte_crypto_op*, max_jobs>;

    // This queue pair is the engine's alone, and so are the operations, symmetric ones with room
    // for DeviceOperands.
    DeviceEngine(std::uint8_t device, std::uint16_t queue_pair, Operations operations);

    // Waits until the device has given back all packets: it works on their memory.
    void run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) override;

private:
    void exchange(std::span<rte_crypto_op*> operations);

    std::uint8_t device_;
    std::uint16_t queue_pair_;
    std::array<rte_crypto_op*, max_jobs> operations_;
};

} // namespace mt6d::dataplane
