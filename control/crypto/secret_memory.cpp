// SPDX-License-Identifier: BSD-3-Clause
#include "control/crypto/secret_memory.hpp"

#include <mt6d/stream.hpp>

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace mt6d {

namespace {

constexpr std::size_t page_size = 4096;
constexpr std::size_t usual_chunk_size = 64 * page_size;

constexpr std::size_t round_up(std::size_t size, std::size_t step) {
    return (size + step - 1) / step * step;
}

} // namespace

SecretMemory::SecretMemory(std::size_t block_size)
    : block_size_(round_up(block_size, cache_line)),
      chunk_size_(round_up(std::max(block_size_, usual_chunk_size), page_size)) {}

SecretMemory::~SecretMemory() {
    for (void* const chunk : chunks_) {
        OPENSSL_cleanse(chunk, chunk_size_);
        munmap(chunk, chunk_size_);
    }
}

void* SecretMemory::allocate() {
    if (free_ == nullptr && !add_chunk()) {
        return nullptr;
    }
    FreeBlock* const block = free_;
    free_ = block->next;
    block->next = nullptr;
    return block;
}

void SecretMemory::free(void* block) {
    OPENSSL_cleanse(block, block_size_);
    free_ = new (block) FreeBlock{free_};
}

bool SecretMemory::add_chunk() {
    void* const chunk =
        mmap(nullptr, chunk_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) {
        return false;
    }
    madvise(chunk, chunk_size_, MADV_DONTDUMP);
    // Beyond RLIMIT_MEMLOCK the keys work as well, and can reach the swap device.
    mlock(chunk, chunk_size_);
    chunks_.push_back(chunk);
    for (std::size_t offset = chunk_size_ / block_size_ * block_size_; offset > 0;) {
        offset -= block_size_;
        free_ = new (static_cast<std::byte*>(chunk) + offset) FreeBlock{free_};
    }
    return true;
}

} // namespace mt6d
