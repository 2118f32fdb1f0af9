// SPDX-License-Identifier: BSD-3-Clause
// Objects that workers hold pointers to: they never move, are made by the chunk and used again.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace mt6d {

template <class T>
class ChunkPool {
public:
    explicit ChunkPool(std::size_t chunk) : chunk_(chunk) {}

    // As it was given back, or as T{} makes it.
    T* take() {
        if (free_.empty()) {
            chunks_.push_back(std::make_unique<T[]>(chunk_));
            for (std::size_t i = chunk_; i > 0; --i) {
                free_.push_back(&chunks_.back()[i - 1]);
            }
        }
        T* const object = free_.back();
        free_.pop_back();
        return object;
    }
    // No worker looks at it any more.
    void give(T* object) { free_.push_back(object); }

private:
    std::size_t chunk_;
    std::vector<std::unique_ptr<T[]>> chunks_;
    std::vector<T*> free_;
};

} // namespace mt6d
