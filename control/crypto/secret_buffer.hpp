// SPDX-License-Identifier: BSD-3-Clause
// A few secret bytes that are handed from one to another, and wiped by the last who has them. Their
// memory is as the rest of the process's: in no dump, and in none swapped out where that much may
// be locked (control/config/session_key.hpp).
#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace mt6d {

class SecretBuffer {
public:
    SecretBuffer() = default; // none
    explicit SecretBuffer(std::span<const std::uint8_t> bytes)
        : bytes_(std::make_unique<std::uint8_t[]>(bytes.size())), size_(bytes.size()) {
        std::copy(bytes.begin(), bytes.end(), bytes_.get());
    }
    SecretBuffer(SecretBuffer&& other) noexcept
        : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
    SecretBuffer& operator=(SecretBuffer&& other) noexcept {
        // What was here is wiped now, not when `other` ends.
        SecretBuffer taken(std::move(other));
        std::swap(bytes_, taken.bytes_);
        std::swap(size_, taken.size_);
        return *this;
    }
    ~SecretBuffer() { OPENSSL_cleanse(bytes_.get(), size_); }

    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const std::uint8_t> get() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::size_t size_ = 0;
};

} // namespace mt6d
