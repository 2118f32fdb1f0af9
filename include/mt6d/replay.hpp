// SPDX-License-Identifier: BSD-3-Clause
// Each number is accepted once (docs/protocol.md, section 6): the sliding window of RFC 6479, whose
// bitmap is a ring of words that are cleared as the window comes to them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace mt6d {

// Aligned: those of different workers lie side by side.
class alignas(64) ReplayWindow {
public:
    static constexpr std::size_t word_bits = 64;
    static constexpr std::size_t words = 32; // a power of two
    // Numbers behind the highest accepted one that are still told apart.
    static constexpr std::uint64_t size = (words - 1) * word_bits;
    static_assert(size >= 1024);

    // Numbers below `first` are refused from here on, and below what stop() was told; larger ones
    // are new.
    void start(std::uint64_t first) {
        bitmap_.fill(0);
        first_ = std::max(first, floor_);
        next_ = first_;
        started_ = true;
    }
    // Until it is started again; then no number below `floor` will be accepted.
    void stop(std::uint64_t floor = 0) {
        floor_ = floor;
        started_ = false;
    }
    [[nodiscard]] bool is_started() const { return started_; }

    // Whether accept() would.
    [[nodiscard]] bool is_new(std::uint64_t number) const {
        if (number >= next_) {
            return number != last_number;
        }
        return number >= first_ && next_ - number <= size && !marked(number);
    }

    // True once for each number.
    bool accept(std::uint64_t number) {
        if (!is_new(number)) {
            return false;
        }
        if (number >= next_) {
            clear_up_to(number);
            next_ = number + 1;
        }
        bitmap_[word_of(number)] |= bit_of(number);
        return true;
    }

private:
    // The largest number of all would leave no next one: it is never accepted.
    static constexpr std::uint64_t last_number = ~std::uint64_t{0};

    static std::size_t word_of(std::uint64_t number) { return number / word_bits % words; }
    static std::uint64_t bit_of(std::uint64_t number) {
        return std::uint64_t{1} << number % word_bits;
    }
    [[nodiscard]] bool marked(std::uint64_t number) const {
        return (bitmap_[word_of(number)] & bit_of(number)) != 0;
    }
    // Words between that of the last accepted number and that of `number`, which is larger.
    void clear_up_to(std::uint64_t number) {
        const std::uint64_t from = next_ == 0 ? 0 : (next_ - 1) / word_bits;
        const std::uint64_t count = std::min<std::uint64_t>(number / word_bits - from, words);
        for (std::uint64_t i = 0; i < count; ++i) {
            bitmap_[(number / word_bits - i) % words] = 0;
        }
    }

    std::uint64_t floor_ = 0; // of first_
    std::uint64_t first_ = 0; // none below is accepted
    std::uint64_t next_ = 0;  // one more than the highest accepted
    bool started_ = false;
    std::array<std::uint64_t, words> bitmap_{};
};

} // namespace mt6d
