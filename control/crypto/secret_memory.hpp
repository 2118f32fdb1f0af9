// SPDX-License-Identifier: BSD-3-Clause
// Memory for expanded keys: in no dump, not swapped out where the limit on locked memory allows,
// and wiped when freed. Control lcore alone; what lies in it, workers may read.
#pragma once

#include <cstddef>
#include <vector>

namespace mt6d {

class SecretMemory {
public:
    // Blocks of one size, which begin on a cache line.
    explicit SecretMemory(std::size_t block_size);
    SecretMemory(const SecretMemory&) = delete;
    SecretMemory& operator=(const SecretMemory&) = delete;
    ~SecretMemory(); // wipes also what was not freed

    // All zeros. Null: no memory.
    [[nodiscard]] void* allocate();
    void free(void* block);

    [[nodiscard]] std::size_t block_size() const { return block_size_; }

private:
    struct FreeBlock {
        FreeBlock* next;
    };

    bool add_chunk();

    std::size_t block_size_;
    std::size_t chunk_size_;
    std::vector<void*> chunks_;
    FreeBlock* free_ = nullptr;
};

} // namespace mt6d
