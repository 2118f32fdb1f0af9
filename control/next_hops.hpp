// SPDX-License-Identifier: BSD-3-Clause
// Where packets that leave by the external port go next (docs/protocol.md, section 7.4): what is
// on-link goes to its destination, the rest to the default router, which one adjacency stands for
// whoever it is: another router is one store. Control lcore alone.
#pragma once

#include "control/announcer.hpp"
#include "control/config/config.hpp"
#include "control/grace_queue.hpp"
#include "control/neighbor_table.hpp"
#include "dataplane/forwarding.hpp"
#include "dataplane/on_link.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace mt6d {

// Default routers, configured and learned.
inline constexpr std::size_t max_routers = 32;

class NextHops {
public:
    // `capacity`: next hops of streams at one time. Publishes Forwarding::router and ::on_link.
    NextHops(const config::External& external, dataplane::Forwarding& forwarding, GraceQueue& grace,
             std::size_t capacity);
    // The neighbours of the configuration, and its router.
    Result<> add_configured(std::int64_t now);

    // The next hop of a tunnel packet to `destination`, to be given back with release().
    // `previous`: the next hop of the stream's previous route. None: no room.
    std::optional<AdjacencyId> acquire(const Ipv6Address& destination,
                                       std::optional<AdjacencyId> previous, std::int64_t now);
    void release(AdjacencyId id);

    void hear(const dataplane::NeighborEvent& event, std::int64_t now);
    void link_up(std::int64_t now);
    // Timers, and what workers said of use. `now`: monotonic nanoseconds.
    void advance(std::int64_t now);

    // Default routers, and where they are.
    [[nodiscard]] std::vector<KnownRouter> routers() const;
    [[nodiscard]] bool on_link(const Ipv6Address& destination) const;

private:
    void follow_router();
    void publish_on_link();

    const config::External external_;
    dataplane::Forwarding& forwarding_;
    GraceQueue& grace_;
    NeighborTable neighbors_;
    std::optional<AdjacencyId> router_;        // who the default router is just now
    std::array<dataplane::OnLink, 2> on_link_; // the one published, and the next one
};

} // namespace mt6d
