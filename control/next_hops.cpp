// SPDX-License-Identifier: BSD-3-Clause
#include "control/next_hops.hpp"

#include <algorithm>

namespace mt6d {

using dataplane::Side;

NextHops::NextHops(const config::External& external, dataplane::Forwarding& forwarding,
                   GraceQueue& grace, std::size_t capacity)
    : external_(external), forwarding_(forwarding), grace_(grace),
      neighbors_(Side::external, forwarding, grace,
                 capacity + external.neighbors.size() + max_routers) {
    forwarding.router = neighbors_.spare();
    publish_on_link();
    follow_router();
}

Result<> NextHops::add_configured(std::int64_t now) {
    for (const config::StaticNeighbor& neighbor : external_.neighbors) {
        if (!neighbors_.add_permanent(neighbor.address, neighbor.mac)) {
            return Error{"static neighbour " + neighbor.address.text()
                         + ": no room in the neighbour cache"};
        }
    }
    if (external_.default_router) {
        router_ = neighbors_.acquire(*external_.default_router, std::nullopt, now);
        if (!router_) {
            return Error{"default router " + external_.default_router->text()
                         + ": no room in the neighbour cache"};
        }
    }
    follow_router();
    return {};
}

bool NextHops::on_link(const Ipv6Address& destination) const {
    return forwarding_.on_link.load(std::memory_order_relaxed)->contains(destination);
}

std::vector<KnownRouter> NextHops::routers() const {
    if (!external_.default_router) {
        return {};
    }
    const auto neighbor = neighbors_.find(*external_.default_router);
    return {{*external_.default_router,
             neighbor ? neighbor->mac.value_or(MacAddress{}) : MacAddress{}}};
}

// A published list is not written to while a worker may read it.
void NextHops::publish_on_link() {
    const dataplane::OnLink* const published = forwarding_.on_link.load(std::memory_order_relaxed);
    dataplane::OnLink& next = on_link_[published == on_link_.data() ? 1 : 0];
    next.count = std::min(external_.on_link.size(), next.capacity);
    std::copy_n(external_.on_link.begin(), next.count, next.prefixes.begin());
    forwarding_.on_link.store(&next, std::memory_order_release);
    if (published != nullptr) {
        grace_.synchronize();
    }
}

std::optional<AdjacencyId> NextHops::acquire(const Ipv6Address& destination,
                                             std::optional<AdjacencyId> previous,
                                             std::int64_t now) {
    if (!on_link(destination)) {
        return forwarding_.router;
    }
    std::optional<MacAddress> lent;
    if (previous && *previous != forwarding_.router) {
        const MacAddress mac = neighbors_.adjacency(*previous).load().mac();
        if (!mac.is_zero()) {
            lent = mac;
        }
    }
    return neighbors_.acquire(destination, lent, now);
}

void NextHops::release(AdjacencyId id) {
    if (id != forwarding_.router) {
        neighbors_.release(id);
    }
}

void NextHops::hear(const dataplane::NeighborEvent& event, std::int64_t now) {
    neighbors_.hear(event, now);
    follow_router();
}

void NextHops::link_up(std::int64_t now) {
    neighbors_.link_up(now);
}

void NextHops::advance(std::int64_t now) {
    if (router_ && neighbors_.adjacency(forwarding_.router).take_used()) {
        neighbors_.used(*router_, now);
    }
    neighbors_.advance(now);
    follow_router();
}

// What is known of the router's neighbour entry is known of the router's adjacency.
void NextHops::follow_router() {
    Adjacency& published = neighbors_.adjacency(forwarding_.router);
    const Adjacency::Value now = router_ ? neighbors_.adjacency(*router_).load()
                                         : Adjacency::Value(MacAddress{}, AdjacencyState::failed);
    const Adjacency::Value before = published.load();
    if (before.mac() != now.mac() || before.state() != now.state()) {
        published.store(now.mac(), now.state());
    }
}

} // namespace mt6d
