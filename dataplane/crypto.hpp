// SPDX-License-Identifier: BSD-3-Clause
// The ciphers of docs/protocol.md, section 6, as workers use them: the packets of a burst, over all
// its streams and keys, are one call. Back ends differ behind this (control/crypto/).
#pragma once

#include <mt6d/stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

struct rte_mbuf;

namespace mt6d::dataplane {

inline constexpr std::size_t gcm_tag_size = 16;
inline constexpr std::size_t gcm_nonce_size = 12;
inline constexpr std::size_t gcm_additional_size = 36; // option data, outer source, destination

enum class Operation : std::uint8_t { seal, open };

// One packet, worked on in place.
struct CryptoJob {
    // Of this job's operation and cipher.
    const CipherKey* key = nullptr;
    rte_mbuf* packet = nullptr;
    // Plain or cipher text within the data of `packet`, one contiguous piece. aes-256-cbc: a
    // multiple of 16 bytes, not zero. aes-256-gcm: the tag lies right behind it: sealing writes it,
    // opening compares it, in constant time.
    std::uint8_t* text = nullptr;
    std::uint32_t length = 0;
    bool failed = false; // set by run(): the cipher refused, or the tag is wrong
    // aes-256-cbc: what K_iv turns into the IV: be64(salt), five zeros, the number. aes-256-gcm:
    // the nonce in the first 12 bytes. run() may change it.
    alignas(16) std::array<std::uint8_t, 16> iv;
    // aes-256-gcm alone.
    std::array<std::uint8_t, gcm_additional_size> additional;
};

// One for each worker, used on its lcore alone. Neither allocates nor locks.
class CryptoEngine {
public:
    static constexpr std::size_t max_jobs = 64;

    CryptoEngine() = default;
    CryptoEngine(const CryptoEngine&) = delete;
    CryptoEngine& operator=(const CryptoEngine&) = delete;
    virtual ~CryptoEngine() = default;

    // At most max_jobs, all of this operation and cipher (not Cipher::none), over any keys. One
    // that fails says so in `failed` and changes nothing for the others; its text is undefined.
    virtual void run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) = 0;
};

} // namespace mt6d::dataplane
