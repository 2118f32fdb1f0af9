// SPDX-License-Identifier: BSD-3-Clause
// An array that workers read at random: where it is large the kernel is asked for large pages, of
// which few translations are needed.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace mt6d {

inline constexpr std::size_t large_page = std::size_t{2} << 20U;

template <class T>
class LargeArray {
public:
    explicit LargeArray(std::size_t size) : size_(size), items_(static_cast<T*>(take(size))) {
        std::uninitialized_value_construct_n(items_, size_);
    }
    ~LargeArray() {
        std::destroy_n(items_, size_);
        std::free(items_);
    }
    LargeArray(const LargeArray&) = delete;
    LargeArray& operator=(const LargeArray&) = delete;

    [[nodiscard]] T* get() const { return items_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    T& operator[](std::size_t i) const { return items_[i]; }

private:
    static void* take(std::size_t size) {
        const std::size_t bytes = size * sizeof(T);
        const bool large = bytes >= large_page;
        const std::size_t unit =
            large ? large_page : std::max(alignof(T), alignof(std::max_align_t));
        void* const memory = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
        if (memory == nullptr && size > 0) {
            throw std::bad_alloc();
        }
        if (large) {
            madvise(memory, bytes, MADV_HUGEPAGE); // a wish: without it all works as well
        }
        return memory;
    }

    std::size_t size_;
    T* items_;
};

} // namespace mt6d
