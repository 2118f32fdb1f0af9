// SPDX-License-Identifier: BSD-3-Clause
// Where packets that leave by the external port go next (docs/protocol.md, section 7.4): what is
// on-link goes to its destination, the rest to the default router, which one adjacency stands for
// whoever it is: another router is one store. Control lcore alone.
#pragma once

#include "control/announcer.hpp"
#include "control/answer_table.hpp"
#include "control/config/config.hpp"
#include "control/grace_queue.hpp"
#include "control/neighbor_table.hpp"
#include "control/router_list.hpp"
#include "dataplane/forwarding.hpp"
#include "dataplane/on_link.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mt6d {

// Routers, configured and learned, with those that are on their way out: a flood of strangers
// replaces all of them each RouterList::answer_ns.
inline constexpr std::size_t max_routers = 4 * (RouterList::most_learned + 1);

class NextHops {
public:
    // `capacity`: next hops of streams at one time. `hosts_answers`: what is answered for inside.
    // Publishes Forwarding::router and ::on_link.
    NextHops(const config::External& external, dataplane::Forwarding& forwarding, GraceQueue& grace,
             AnswerTable& hosts_answers, std::size_t capacity);
    // The neighbours of the configuration, and its router.
    Result<> add_configured(std::int64_t now);

    // The next hop of a tunnel packet to `destination`, to be given back with release().
    // `previous`: the next hop of the stream's previous route. None: no room.
    std::optional<AdjacencyId> acquire(const Ipv6Address& destination,
                                       std::optional<AdjacencyId> previous, std::int64_t now);
    void release(AdjacencyId id);

    void hear(const dataplane::NeighborEvent& event, std::int64_t now);
    void hear(const RouterInformation& said, std::int64_t now);
    void link_up(std::int64_t now);
    // Timers, and what workers said of use. `now`: monotonic nanoseconds.
    void advance(std::int64_t now);

    // Default routers that are trusted, and where they are.
    [[nodiscard]] std::vector<KnownRouter> known_routers() const;
    [[nodiscard]] const RouterList& routers() const { return routers_; }
    [[nodiscard]] const NeighborTable& neighbors() const { return neighbors_; }
    [[nodiscard]] bool on_link(const Ipv6Address& destination) const;
    // Of the link: the port's, or less where a router says so.
    [[nodiscard]] std::uint32_t link_mtu() const { return routers_.mtu(); }
    // Whether what is on-link has changed since the last call: streams need other next hops.
    bool take_on_link_changed() { return std::exchange(on_link_changed_, false); }

private:
    struct Met {
        AdjacencyId id;            // the router's own
        bool answered_for = false; // inside
    };

    void meet_routers(std::int64_t now);
    void follow_routers(std::int64_t now);
    void follow_router(const Ipv6Address& address, Met& met, std::int64_t now);
    void carry_out(const RouterChanges& changes, std::int64_t now);
    void publish_router();
    void publish_on_link();

    const config::External external_;
    dataplane::Forwarding& forwarding_;
    GraceQueue& grace_;
    AnswerTable& hosts_answers_;
    NeighborTable neighbors_;
    RouterList routers_;
    std::unordered_map<Ipv6Address, Met> met_; // routers
    std::array<dataplane::OnLink, 2> on_link_; // the one published, and the next one
    bool on_link_changed_ = false;
};

} // namespace mt6d
