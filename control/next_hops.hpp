// SPDX-License-Identifier: BSD-3-Clause
// Next hops of tunnel packets (docs/protocol.md, section 7.4): binds the neighbour cache to the
// table that workers read and to the solicitations that they send. Control lcore alone.
#pragma once

#include "control/config/config.hpp"
#include "control/grace_queue.hpp"
#include "control/neighbor_cache.hpp"
#include "dataplane/events.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

namespace mt6d {

class NextHops {
public:
    // Adds the configured neighbours and begins to resolve the default router. `capacity`:
    // next hops at one time. Publishes Forwarding::adjacencies and ::neighbors.
    static Result<std::unique_ptr<NextHops>> create(const config::External& external,
                                                    dataplane::Forwarding& forwarding,
                                                    GraceQueue& grace, std::size_t capacity,
                                                    std::int64_t now);

    // The next hop of a tunnel packet to `destination`, to be given back with release().
    // `previous`: the next hop of the stream's previous route. None: no router, or table full.
    std::optional<AdjacencyId> acquire(const Ipv6Address& destination,
                                       std::optional<AdjacencyId> previous, std::int64_t now);
    void release(AdjacencyId id);
    // After the grace period of a released one.
    void recycle(AdjacencyId id) { cache_.recycle(id); }

    void hear(const dataplane::NeighborEvent& event, std::int64_t now);
    // Timers, and what workers said of use. `now`: monotonic nanoseconds.
    void advance(std::int64_t now);

    [[nodiscard]] bool on_link(const Ipv6Address& destination) const;

    // Solicitations given to the workers from one advance() to the next at the most: they share a
    // ring with tunnel packets. The others wait for their turn.
    static constexpr std::size_t solicitations_a_tick = 64;

private:
    NextHops(const config::External& external, dataplane::Forwarding& forwarding, GraceQueue& grace,
             std::size_t capacity);

    Result<> add_configured(std::int64_t now);
    bool publish(const Ipv6Address& address, AdjacencyId id);
    void carry_out(const NeighborActions& actions, std::int64_t now);
    void change(const AdjacencyChanged& changed);
    bool solicit(const Ipv6Address& target, const MacAddress* unicast);
    void ask(const Ipv6Address& target, const MacAddress* unicast, std::int64_t now);

    const config::External external_;
    dataplane::Forwarding& forwarding_;
    GraceQueue& grace_;
    std::vector<Adjacency> adjacencies_;
    NeighborCache cache_;
    Ipv6Address link_local_;
    std::unordered_set<AdjacencyId> watched_; // those whose use matters
    std::int64_t next_watch_ = 0;
    std::size_t solicitations_left_ = solicitations_a_tick;
};

} // namespace mt6d
