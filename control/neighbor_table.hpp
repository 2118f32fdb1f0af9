// SPDX-License-Identifier: BSD-3-Clause
// The neighbours of one side (docs/protocol.md, section 7.4): binds a neighbour cache to the tables
// that workers read and to the solicitations that they send. Control lcore alone.
#pragma once

#include "control/grace_queue.hpp"
#include "control/neighbor_cache.hpp"
#include "dataplane/events.hpp"
#include "dataplane/forwarding.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace mt6d {

class NeighborTable {
public:
    // Publishes Forwarding::adjacencies of that side, with room for `referenced` neighbours that
    // are acquired, for strangers, and for one adjacency more, which is the caller's.
    NeighborTable(dataplane::Side side, dataplane::Forwarding& forwarding, GraceQueue& grace,
                  std::size_t referenced);

    // How many unprotected packets may have made known, on one side; and the ids they take, of
    // which some belong to those that are gone and wait for the end of their grace period.
    static constexpr std::size_t strangers = 2048;
    static constexpr std::size_t stranger_ids = 2 * strangers;

    // False if there is no room.
    bool add_permanent(const Ipv6Address& address, const MacAddress& mac);
    // To be given back with release(). `lent`: sent to until there is an answer. None: no room.
    std::optional<AdjacencyId> acquire(const Ipv6Address& address, std::optional<MacAddress> lent,
                                       std::int64_t now);
    void release(AdjacencyId id);
    // After the grace period of a released one.
    void recycle(AdjacencyId id) { cache_.recycle(id); }

    void hear(const dataplane::NeighborEvent& event, std::int64_t now);
    // A router that is acquired advertised itself.
    void hear_router(const Ipv6Address& router, const std::optional<MacAddress>& mac,
                     std::int64_t now);
    // As routers say, milliseconds; 0: not said.
    void set_timers(std::uint32_t reachable_ms, std::uint32_t retransmit_ms) {
        cache_.set_timers(reachable_ms, retransmit_ms);
    }
    // The link was down: whoever is known is asked again.
    void link_up(std::int64_t now);
    // Timers, and what workers said of use. `now`: monotonic nanoseconds.
    void advance(std::int64_t now);

    [[nodiscard]] AdjacencyId spare() const {
        return static_cast<AdjacencyId>(adjacencies_.size() - 1);
    }
    [[nodiscard]] Adjacency& adjacency(AdjacencyId id) { return adjacencies_[id]; }
    [[nodiscard]] std::optional<Neighbor> find(const Ipv6Address& address) const {
        return cache_.find(address);
    }
    [[nodiscard]] const NeighborCache& cache() const { return cache_; }
    // A packet went, or wanted to go, to this neighbour by the caller's adjacency.
    void used(AdjacencyId id, std::int64_t now);

    // Solicitations given to the workers from one advance() to the next at the most: they share a
    // ring with tunnel packets. The others wait for their turn.
    static constexpr std::size_t solicitations_a_tick = 64;
    // Adjacencies whose marks of use are looked at in one advance() at the most.
    static constexpr std::size_t watched_a_tick = 8192;

private:
    void watch(std::int64_t now, NeighborActions& actions);
    bool publish(const Ipv6Address& address, AdjacencyId id);
    void withdraw(const Ipv6Address& address, AdjacencyId id);
    void carry_out(const NeighborActions& actions, std::int64_t now);
    void change(const AdjacencyChanged& changed);
    bool solicit(const Ipv6Address& target, const MacAddress* unicast);
    void ask(const Ipv6Address& target, const MacAddress* unicast, std::int64_t now);

    dataplane::Side side_;
    dataplane::Forwarding& forwarding_;
    dataplane::Table& table_;
    GraceQueue& grace_;
    std::vector<Adjacency> adjacencies_;
    NeighborCache cache_;
    Ipv6Address link_local_;
    AdjacencyId watched_ = 0; // up to here, in this round over all of them
    std::int64_t next_watch_ = 0;
    std::size_t solicitations_left_ = solicitations_a_tick;
};

} // namespace mt6d
