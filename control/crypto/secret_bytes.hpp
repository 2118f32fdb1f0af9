// SPDX-License-Identifier: BSD-3-Clause
// Bytes that do not stay in memory: wiped when dropped.
#pragma once

#include <openssl/crypto.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace mt6d {

template <std::size_t size>
struct SecretBytes {
    SecretBytes() = default;
    SecretBytes(const SecretBytes&) = default;
    SecretBytes& operator=(const SecretBytes&) = default;
    ~SecretBytes() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

    std::array<std::uint8_t, size> bytes{};
};

} // namespace mt6d
