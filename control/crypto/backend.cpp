// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/backend.hpp"

#include "control/crypto/backend_device.hpp"
#include "control/crypto/backend_openssl.hpp"

#ifdef MT6D_MULTI_BUFFER
#include "control/crypto/backend_multi_buffer.hpp"
#endif

#include <utility>

namespace mt6d {

namespace {

using MadeBackend = Result<std::unique_ptr<CryptoBackend>>;

#ifndef MT6D_MULTI_BUFFER
MadeBackend make_multi_buffer_backend() {
    return Error{"this gateway was built without the multi-buffer library (libipsec-mb-dev): "
                 "write crypto: auto"};
}
#endif

MadeBackend make_best_backend() {
    auto best = make_multi_buffer_backend();
    return best ? std::move(best) : make_openssl_backend();
}

} // namespace

Result<std::unique_ptr<CryptoBackend>>
make_crypto_backend(const config::Config& config, std::size_t workers, std::size_t streams) {
    switch (config.crypto) {
    case config::Crypto::automatic:
        return make_best_backend();
    case config::Crypto::multi_buffer:
        return make_multi_buffer_backend();
    case config::Crypto::device:
        return make_device_backend(config, workers, streams);
    case config::Crypto::openssl:
        break;
    }
    return make_openssl_backend();
}

} // namespace mt6d
