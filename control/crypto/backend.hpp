// SPDX-License-Identifier: BSD-3-Clause
// A back end of the ciphers: makes keys ready for use, and an engine for each worker
// (dataplane/crypto.hpp). Control lcore alone.
#pragma once

#include "control/config/config.hpp"
#include "control/crypto/packet_key.hpp"
#include "dataplane/crypto.hpp"

#include <mt6d/result.hpp>

#include <memory>
#include <string>

namespace mt6d {

class CryptoBackend;

// Frees, and wipes, a key with the back end that made it. The back end outlives its keys
// and engines.
struct FreeCipherKey {
    CryptoBackend* backend = nullptr;
    void operator()(CipherKey* key) const;
};
using CipherKeyPtr = std::unique_ptr<CipherKey, FreeCipherKey>;

class CryptoBackend {
public:
    CryptoBackend() = default;
    CryptoBackend(const CryptoBackend&) = delete;
    CryptoBackend& operator=(const CryptoBackend&) = delete;
    virtual ~CryptoBackend() = default;

    // "multi-buffer library 1.3.0 (AVX512, VAES)": for the log and show commands.
    [[nodiscard]] virtual std::string describe() const = 0;
    // May be called while workers run. A key belongs to one worker at a time.
    virtual Result<CipherKeyPtr> make_key(dataplane::Operation operation, const PacketKey& key) = 0;
    // Before workers run; `worker` is its index.
    virtual Result<std::unique_ptr<dataplane::CryptoEngine>> make_engine(std::size_t worker) = 0;

private:
    friend FreeCipherKey;
    virtual void free_key(CipherKey* key) = 0;
};

inline void FreeCipherKey::operator()(CipherKey* key) const {
    backend->free_key(key);
}

// What `crypto` of the configuration names; with `automatic` the first that this machine can do:
// multi-buffer, else OpenSSL. Errors say what is missing and what to write instead. `streams`: how
// many will have keys at a time (each has one to seal, one or two to open).
Result<std::unique_ptr<CryptoBackend>>
make_crypto_backend(const config::Config& config, std::size_t workers, std::size_t streams);

} // namespace mt6d
