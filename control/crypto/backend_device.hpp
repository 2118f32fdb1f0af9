// SPDX-License-Identifier: BSD-3-Clause
// Keys for dataplane/crypto_device.hpp.
#pragma once

#include "control/crypto/backend.hpp"

namespace mt6d {

// Of `config`: the device, and the ciphers of its streams, which the device must be able to do.
Result<std::unique_ptr<CryptoBackend>>
make_device_backend(const config::Config& config, std::size_t workers, std::size_t streams);

} // namespace mt6d
