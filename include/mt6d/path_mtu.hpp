// SPDX-License-Identifier: BSD-3-Clause
// M of docs/protocol.md, section 8, for one stream: the smallest of what the link carries and of
// what a Packet Too Big said that the path does. What the path said is forgotten after a while
// (RFC 8201, 5.3), so that a path that carries more again is found.
#pragma once

#include <mt6d/wire.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

namespace mt6d {

// One atomic word with two writers: the stream's owning worker lowers it, control does the rest.
class PathMtu {
public:
    // Seconds that a lowered MTU is believed, by control's clock.
    static constexpr std::uint32_t lifetime = 600;

    // Bytes of the largest tunnel packet. Any thread.
    [[nodiscard]] std::uint32_t value() const { return parts(load()).value; }

    // The owning worker: a Packet Too Big names `mtu`. Never raises, and never goes below what
    // every IPv6 link carries.
    void lower(std::uint32_t mtu) {
        const auto lowered =
            static_cast<std::uint16_t>(std::clamp(mtu, ipv6_minimum_mtu, std::uint32_t{0xffff}));
        std::uint64_t word = load();
        while (lowered < parts(word).value
               && !word_.compare_exchange_weak(word, of({lowered, lowered, 0}),
                                               std::memory_order_relaxed)) {
        }
    }

    // Control, of a stream that no worker knows yet: the path has said nothing.
    void reset(std::uint16_t link) { word_.store(of({link, 0, 0}), std::memory_order_relaxed); }

    // Control, about once a second: follows the link's MTU, and forgets what is too old. `now`:
    // seconds that never step. The time counts from the first call after the lowering, whose
    // writer has no clock in common with control.
    void follow(std::uint16_t link, std::uint32_t now) {
        std::uint64_t word = load();
        const std::uint64_t next = of(followed(parts(word), link, now));
        if (next != word) {
            // Lowered meanwhile: the next call sees to it.
            word_.compare_exchange_strong(word, next, std::memory_order_relaxed);
        }
    }

private:
    struct Parts {
        std::uint16_t value; // in force
        std::uint16_t path;  // what the path said; 0: nothing
        std::uint32_t since; // when, in seconds plus one; 0: control has not seen it yet
    };
    static_assert(sizeof(Parts) == sizeof(std::uint64_t));

    static Parts followed(Parts state, std::uint16_t link, std::uint32_t now) {
        if (state.path != 0 && state.since == 0) {
            state.since = now + 1;
        } else if (state.path != 0 && now - (state.since - 1) >= lifetime) {
            state.path = 0;
            state.since = 0;
        }
        state.value = state.path == 0 ? link : std::min(link, state.path);
        return state;
    }
    static Parts parts(std::uint64_t word) { return std::bit_cast<Parts>(word); }
    static std::uint64_t of(const Parts& parts) { return std::bit_cast<std::uint64_t>(parts); }
    [[nodiscard]] std::uint64_t load() const { return word_.load(std::memory_order_relaxed); }

    std::atomic<std::uint64_t> word_{0};
};

} // namespace mt6d
