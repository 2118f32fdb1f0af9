// SPDX-License-Identifier: BSD-3-Clause
// A hash table of 32-bit indices into something that the caller owns, compares and hashes: eight
// bytes a slot, where a std::unordered_set of a million keys spends most of the memory and time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mt6d::config {

class IndexTable {
public:
    // The index that was inserted with `hash` and for which matches(index) holds.
    template <class Matches>
    [[nodiscard]] std::optional<std::uint32_t> find(std::size_t hash, Matches matches) const {
        const std::uint32_t tag = tag_of(hash);
        for (std::size_t i = tag & mask(); slots_[i].used != 0; i = (i + 1) & mask()) {
            if (slots_[i].tag == tag && matches(slots_[i].index)) {
                return slots_[i].index;
            }
        }
        return std::nullopt;
    }

    // Precondition: index < 2^31.
    void insert(std::size_t hash, std::uint32_t index) {
        if (2 * ++size_ > slots_.size()) {
            grow();
        }
        place({tag_of(hash), index & 0x7fffffffU, 1});
    }

private:
    struct Slot {
        std::uint32_t tag = 0; // of the hash
        std::uint32_t index : 31 = 0;
        std::uint32_t used : 1 = 0;
    };

    static std::uint32_t tag_of(std::size_t hash) {
        return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
    }
    [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }

    void place(Slot slot) {
        std::size_t i = slot.tag & mask();
        while (slots_[i].used != 0) {
            i = (i + 1) & mask();
        }
        slots_[i] = slot;
    }
    void grow() {
        std::vector<Slot> smaller(2 * slots_.size());
        slots_.swap(smaller);
        for (const Slot slot : smaller) {
            if (slot.used != 0) {
                place(slot);
            }
        }
    }

    std::vector<Slot> slots_ = std::vector<Slot>(16); // a power of two, at most half of it used
    std::size_t size_ = 0;
};

} // namespace mt6d::config
