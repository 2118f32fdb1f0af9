// SPDX-License-Identifier: BSD-3-Clause
// What docs/protocol.md, section 6, says of repeated numbers, written down as naively as can be,
// and random steps that run a window beside it. Shares nothing with include/mt6d/replay.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <unordered_set>

namespace mt6d::test {

// Remembers every number since the start. Of the numbers behind the highest one accepted, `size`
// less one are told apart; those before are refused, seen or not.
class NaiveReplay {
public:
    explicit NaiveReplay(std::uint64_t size) : size_(size) {}

    void start(std::uint64_t first) {
        first_ = first;
        highest_.reset();
        accepted_.clear();
    }
    [[nodiscard]] bool is_new(std::uint64_t number) const {
        // The largest of all is never used: no number could follow it.
        return number != UINT64_MAX && number >= first_ && !is_behind(number)
               && !accepted_.contains(number);
    }
    bool accept(std::uint64_t number) {
        if (!is_new(number)) {
            return false;
        }
        accepted_.insert(number);
        highest_ = std::max(highest_.value_or(number), number);
        return true;
    }
    [[nodiscard]] std::uint64_t first() const { return first_; }
    [[nodiscard]] std::uint64_t highest() const { return highest_.value_or(first_); }

private:
    [[nodiscard]] bool is_behind(std::uint64_t number) const {
        return highest_ && number < *highest_ && *highest_ - number >= size_;
    }

    std::uint64_t size_;
    std::uint64_t first_ = 0;
    std::optional<std::uint64_t> highest_;
    std::unordered_set<std::uint64_t> accepted_;
};

// Numbers to try, and starts: the next ones, repeats, both edges of the window and of words, jumps
// of about a word, a window, and anything.
class ReplaySteps {
public:
    ReplaySteps(std::uint64_t seed, std::uint64_t size) : random_(seed), size_(size) {}

    bool is_restart() { return below(2048) == 0; }

    // Below this nothing passes whatever the start.
    std::uint64_t floor(const NaiveReplay& model) {
        return below(4) != 0 ? 0 : behind(model.highest() + 1, below(100));
    }
    std::uint64_t start(const NaiveReplay& model) {
        switch (below(5)) {
        case 0:
            return 0;
        case 1:
            return below(3 * size_);
        case 2:
            return UINT64_MAX - below(3 * size_);
        case 3:
            return random_();
        default:
            return model.highest() + 1; // as after a restart of the gateway
        }
    }

    std::uint64_t number(const NaiveReplay& model) {
        const std::uint64_t highest = model.highest();
        switch (below(64)) {
        case 0: // the start
            return behind(model.first(), 4) + below(8);
        case 1: // a word's edges
            return behind(highest & ~std::uint64_t{63}, 2) + 64 * below(4) + below(4);
        case 2: // about a window ahead
            return highest + size_ + below(130) - 65;
        case 3: // some windows ahead
            return highest + below(4 * size_);
        case 4: // anywhere, but seldom, as little is left after it
            return below(64) == 0 ? random_() : highest + below(1U << 20U);
        case 5: // the largest there are
            return below(64) == 0 ? UINT64_MAX - below(4) : highest;
        case 6: // a number of the same place in the ring
            return behind(highest, 64 * 32 * below(3)) + below(3);
        default:
            break;
        }
        switch (below(6)) {
        case 0: // the window's far edge
            return behind(highest, size_ + 3) + below(6);
        case 1: // a word ahead, about
            return highest + 60 + below(8);
        case 2: // anywhere in the window, and a little behind
            return behind(highest, below(size_ + 70));
        case 3: // not long ago
            return behind(highest, below(16));
        default: // what comes next, a few lost
            return highest + 1 + below(3);
        }
    }

private:
    static std::uint64_t behind(std::uint64_t number, std::uint64_t distance) {
        return number - std::min(number, distance);
    }
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    std::mt19937_64 random_;
    std::uint64_t size_;
};

// Steps on until window and model differ: a sentence then says where. `accepted` counts up.
template <typename Window>
std::optional<std::string> replay_difference(std::uint64_t seed, std::uint64_t steps,
                                             std::uint64_t& accepted) {
    Window window;
    NaiveReplay model(Window::size);
    ReplaySteps random(seed, Window::size);
    window.start(0);
    model.start(0);
    for (std::uint64_t step = 0; step < steps; ++step) {
        if (random.is_restart()) {
            const std::uint64_t floor = random.floor(model);
            const std::uint64_t first = random.start(model);
            window.stop(floor);
            window.start(first);
            model.start(std::max(floor, first));
        }
        const std::uint64_t number = random.number(model);
        const std::uint64_t highest = model.highest();
        const bool looks_new = window.is_new(number);
        const bool expected = model.accept(number);
        if (looks_new != expected || window.accept(number) != expected) {
            return "seed " + std::to_string(seed) + ", step " + std::to_string(step) + ": number "
                   + std::to_string(number) + ", highest " + std::to_string(highest)
                   + ", started at " + std::to_string(model.first()) + ": the model "
                   + (expected ? "accepts" : "refuses") + " it, the window does not agree";
        }
        accepted += expected ? 1 : 0;
    }
    return std::nullopt;
}

} // namespace mt6d::test
