// SPDX-License-Identifier: BSD-3-Clause
// Text that holds keys, as std::string holds text: all memory that it had is wiped, that from which
// it grew too. Not for fewer than 16 characters, which a string keeps in itself.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <memory>
#include <string>

namespace mt6d {

template <typename T>
struct WipingAllocator {
    using value_type = T;

    WipingAllocator() = default;
    template <typename U>
    WipingAllocator(const WipingAllocator<U>& /*other*/) {} // NOLINT(google-explicit-constructor)

    T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* memory, std::size_t count) {
        OPENSSL_cleanse(memory, count * sizeof(T));
        std::allocator<T>().deallocate(memory, count);
    }
    friend bool operator==(const WipingAllocator& /*a*/, const WipingAllocator& /*b*/) {
        return true;
    }
};

using SecretText = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

} // namespace mt6d
