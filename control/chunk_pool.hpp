// SPDX-License-Identifier: BSD-3-Clause
// Objects that workers hold pointers to: they never move, are made by the chunk and used again.
// Very many lie in large pages.
#pragma once

#include "control/large_array.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

namespace mt6d {

template <class T>
class ChunkPool {
public:
    // `chunk`: how many are made at first.
    explicit ChunkPool(std::size_t chunk) : chunk_(chunk) {}

    // As it was given back, or as T{} makes it.
    T* take() {
        if (free_.empty()) {
            const LargeArray<T>& made = chunks_.emplace_back(chunk_);
            for (std::size_t i = made.size(); i > 0; --i) {
                free_.push_back(&made[i - 1]);
            }
            // Twice as many as there are, up to a large page of them.
            chunk_ = std::max(chunk_, std::min(2 * chunk_, large_page / sizeof(T)));
        }
        T* const object = free_.back();
        free_.pop_back();
        return object;
    }
    // No worker looks at it any more.
    void give(T* object) { free_.push_back(object); }

private:
    std::size_t chunk_;
    std::deque<LargeArray<T>> chunks_;
    std::vector<T*> free_;
};

} // namespace mt6d
