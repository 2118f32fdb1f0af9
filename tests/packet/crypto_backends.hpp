// SPDX-License-Identifier: BSD-3-Clause
// The crypto back ends that a test runs with.
#pragma once

#include "control/config/config.hpp"

#include <ostream>
#include <vector>

namespace mt6d::test {

struct CryptoChoice {
    const char* name;
    config::Crypto crypto;
    const char* device; // of cryptodev
    bool opens_gcm;     // false: this driver's comparison of tags takes a time that tells something
};

inline const std::vector<CryptoChoice>& crypto_choices() {
    static const std::vector<CryptoChoice> choices{
        {"MultiBuffer", config::Crypto::multi_buffer, "", true},
        {"OpenSsl", config::Crypto::openssl, "", true},
        {"CryptodevOpenSsl", config::Crypto::device, "crypto_openssl", true},
        {"CryptodevMultiBuffer", config::Crypto::device, "crypto_aesni_mb", false},
    };
    return choices;
}

inline void use_crypto(config::Config& config, const CryptoChoice& choice) {
    config.crypto = choice.crypto;
    config.crypto_device = choice.device;
}

inline std::ostream& operator<<(std::ostream& out, const CryptoChoice& choice) {
    return out << choice.name;
}

} // namespace mt6d::test
