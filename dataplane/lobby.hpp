// SPDX-License-Identifier: BSD-3-Clause
// Unprotected packets to neighbours that the control lcore has just been told about: milliseconds,
// until the neighbour has an entry, in whose waiting room they go on waiting. Bounded: a stranger's
// packets to nowhere cost each other's places alone.
#pragma once

#include "dataplane/counters.hpp"

#include <mt6d/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

struct rte_mbuf;

namespace mt6d::dataplane {

class Lobby {
public:
    static constexpr std::size_t capacity = 64;
    static constexpr unsigned most_of_one = 3; // section 7.4

    struct Entry {
        rte_mbuf* packet;
        Ipv6Address neighbor;
        Side to;
        std::uint64_t until; // cycles
    };

    // Takes the packet over unless it returns false. `first`: nobody waited for that neighbour.
    bool admit(const Entry& entry, bool& first);

    // Shows each entry to `leave`, which takes the packet over where it returns true.
    template <class Leave>
    void serve(Leave&& leave) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            const Entry entry = entries_[i];
            if (!leave(entry)) {
                entries_[kept++] = entry;
            }
        }
        count_ = kept;
    }

    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::size_t size() const { return count_; }

private:
    std::array<Entry, capacity> entries_{};
    std::size_t count_ = 0;
};

} // namespace mt6d::dataplane
