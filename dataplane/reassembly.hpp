// SPDX-License-Identifier: BSD-3-Clause
// Fragments of tunnel packets become whole ones (docs/protocol.md, section 8.1), by DPDK's
// rte_ip_frag. Whatever was sent, the state is bounded: in all, and for each stream, so that a
// flood of one stream's fragments costs no other's. One worker's.
#pragma once

#include <mt6d/parse.hpp>

#include <rte_ip_frag.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

struct rte_mbuf;

namespace mt6d::dataplane {

class Reassembly {
public:
    static constexpr std::uint32_t patience_seconds = 2;
    // Of IPv6 packets put together: what every node has to take (RFC 8200, 5).
    static constexpr std::size_t largest_packet = 1500;
    // Fragments that wait for others.
    static constexpr std::uint32_t capacity = 2048;
    static constexpr std::uint32_t capacity_of_stream = 128;

    // On the heap and in DPDK's memory; null: there is none left.
    static std::unique_ptr<Reassembly> create(std::uint64_t cycles_per_second, int socket);
    // Precondition: close() was called.
    ~Reassembly();
    Reassembly(const Reassembly&) = delete;
    Reassembly& operator=(const Reassembly&) = delete;

    struct Outcome {
        rte_mbuf* whole = nullptr; // the packet's frame, in one piece
        std::uint32_t joined = 0;  // fragments that went into it beyond the first
        // Fragments to be freed by the caller, before the next call, all for this reason.
        std::span<rte_mbuf* const> refused{};
        Reason reason{};
    };
    // Takes over a fragment of a live route of `stream`. `frame`: the frame in `packet`, whose IPv6
    // header says that a fragment header comes next. `now`: cycles that never go back.
    Outcome add(rte_mbuf* packet, const FrameView& frame, std::uint32_t stream, std::uint64_t now);
    // Gives out fragments whose time is over. To be called until it refuses nothing.
    Outcome expire(std::uint64_t now);
    // Gives out all, in the same way.
    Outcome close() { return expire(~std::uint64_t{0}); }
    [[nodiscard]] bool empty() const { return held_ == 0; }
    [[nodiscard]] std::size_t size() const { return held_; } // fragments

private:
    struct Share {
        std::uint32_t stream;
        std::uint32_t held;
    };
    struct FreeTable {
        void operator()(rte_ip_frag_tbl* table) const { rte_ip_frag_table_destroy(table); }
    };

    Reassembly() = default;
    Outcome refuse(rte_mbuf* packet, Reason reason);
    Outcome complete(rte_mbuf* chain);
    std::span<rte_mbuf* const> take_dead();
    bool hold(std::uint32_t stream);
    void release(std::uint32_t stream);

    std::unique_ptr<rte_ip_frag_tbl, FreeTable> table_;
    rte_ip_frag_death_row dead_{};
    rte_mbuf* refused_ = nullptr;
    std::uint32_t held_ = 0;
    // Of the streams that hold any: most of the time none.
    std::array<Share, capacity> shares_{};
    std::uint32_t share_count_ = 0;
};

} // namespace mt6d::dataplane
