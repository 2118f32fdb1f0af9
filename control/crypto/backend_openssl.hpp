// SPDX-License-Identifier: BSD-3-Clause
// Keys for dataplane/crypto_openssl.hpp.
#pragma once

#include "control/crypto/backend.hpp"

namespace mt6d {

Result<std::unique_ptr<CryptoBackend>> make_openssl_backend();

} // namespace mt6d
