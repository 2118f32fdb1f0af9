// SPDX-License-Identifier: BSD-3-Clause
// Keys for dataplane/crypto_multi_buffer.hpp.
#pragma once

#include "control/crypto/backend.hpp"

#include <cstdint>

namespace mt6d {

// Whether a CPU with these IMB_FEATUREs can do it; the error says what is missing.
Result<> check_multi_buffer_features(std::uint64_t features);

Result<std::unique_ptr<CryptoBackend>> make_multi_buffer_backend();

} // namespace mt6d
