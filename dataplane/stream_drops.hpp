// SPDX-License-Identifier: BSD-3-Clause
// Why packets of streams were dropped. Few streams have such packets, and a counter for each reason
// of each stream would be most of a million streams' memory: so each worker has a table of those
// that there are, of bounded size. Written by its worker, read by any thread.
//
// A place is free again when its stream is over and another needs it, and when the table is
// emptied: any thread asks for that, sees it empty from then on, and the worker does it at its next
// drop.
#pragma once

#include "dataplane/counters.hpp"

#include <mt6d/reason.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace mt6d::dataplane {

// Whose packets, from which side, and why.
struct StreamDrop {
    StreamRef stream;
    Side side = Side::internal;
    Reason reason{};

    friend bool operator==(const StreamDrop&, const StreamDrop&) = default;
};

class StreamDrops {
public:
    static constexpr std::size_t capacity = 4096;
    // Places for one, and no more: what finds none is counted for the stream alone.
    static constexpr std::size_t most_probes = 16;

    // `is_over(StreamRef)`: whether a stream is. Its worker alone, as are its private ones.
    template <class IsOver>
    void add(const StreamDrop& drop, IsOver is_over) {
        if (emptied_.load(std::memory_order_relaxed) != asked_.load(std::memory_order_relaxed)) {
            make_empty();
        }
        Entry* const entry = place_for(pack(drop), is_over);
        (entry == nullptr ? unlisted_ : entry->packets).add();
    }

    void empty() { asked_.fetch_add(1, std::memory_order_relaxed); }
    // Calls visit(StreamDrop, packets) for each that there is.
    template <class Visit>
    void each(Visit visit) const {
        if (awaits_emptying()) {
            return;
        }
        for (const Entry& entry : entries_) {
            const std::uint64_t key = entry.key.load(std::memory_order_acquire);
            const std::uint64_t packets = entry.packets.value();
            std::atomic_thread_fence(std::memory_order_acquire);
            if (key != free && entry.key.load(std::memory_order_relaxed) == key) {
                visit(unpack(key), packets);
            }
        }
    }
    // Packets of any stream that found no place.
    [[nodiscard]] std::uint64_t unlisted() const {
        return awaits_emptying() ? 0 : unlisted_.value();
    }

private:
    static constexpr std::uint64_t free = 0;
    struct Entry {
        std::atomic<std::uint64_t> key{free};
        Counter packets;
    };
    static_assert(capacity == 1U << 12U);

    static constexpr std::uint64_t taken = 1ULL << 63U;
    static constexpr std::uint64_t pack(const StreamDrop& drop) {
        return taken | std::uint64_t{drop.stream.id} << 25U | std::uint64_t{drop.stream.life} << 9U
               | std::uint64_t{drop.side == Side::external} << 8U
               | static_cast<std::uint64_t>(drop.reason);
    }
    static constexpr StreamDrop unpack(std::uint64_t key) {
        return {.stream = {static_cast<std::uint32_t>((key & ~taken) >> 25U),
                           static_cast<std::uint16_t>(key >> 9U)},
                .side = (key >> 8U & 1U) != 0 ? Side::external : Side::internal,
                .reason = static_cast<Reason>(key & 0xffU)};
    }

    [[nodiscard]] bool awaits_emptying() const {
        return emptied_.load(std::memory_order_acquire) != asked_.load(std::memory_order_relaxed);
    }
    // Null: there is none.
    template <class IsOver>
    Entry* place_for(std::uint64_t key, IsOver is_over) {
        // The high bits of a product depend on all of the key's.
        const std::size_t first = (key * 0x9e37'79b9'7f4a'7c15U) >> (64U - 12U);
        for (std::size_t probe = 0; probe < most_probes; ++probe) {
            Entry& entry = entries_[(first + probe) % capacity];
            const std::uint64_t there = entry.key.load(std::memory_order_relaxed);
            if (there == free) {
                entry.key.store(key, std::memory_order_release);
            }
            if (there == free || there == key) {
                return &entry;
            }
        }
        for (std::size_t probe = 0; probe < most_probes; ++probe) {
            Entry& entry = entries_[(first + probe) % capacity];
            if (is_over(unpack(entry.key.load(std::memory_order_relaxed)).stream)) {
                make_free(entry);
                entry.key.store(key, std::memory_order_release);
                return &entry;
            }
        }
        return nullptr;
    }
    // Who reads meanwhile finds another key behind the count than before it.
    static void make_free(Entry& entry) {
        entry.key.store(free, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        entry.packets.reset();
    }
    void make_empty() {
        const std::uint32_t asked = asked_.load(std::memory_order_relaxed);
        for (Entry& entry : entries_) {
            make_free(entry);
        }
        unlisted_.reset();
        emptied_.store(asked, std::memory_order_release);
    }

    std::array<Entry, capacity> entries_;
    Counter unlisted_;
    std::atomic<std::uint32_t> asked_{0}; // to be emptied, so often: any thread
    std::atomic<std::uint32_t> emptied_{0};
};

} // namespace mt6d::dataplane
