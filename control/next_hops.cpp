// SPDX-License-Identifier: BSD-3-Clause
#include "control/next_hops.hpp"

#include "control/packets.hpp"

#include <rte_mbuf.h>
#include <rte_random.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace mt6d {
namespace {

using dataplane::Side;

// How often workers' marks of use are looked at.
constexpr std::int64_t watch_interval_ns = 100'000'000;

// Solicitations are the external side's: the worker that gets them sends or relays them.
constexpr std::size_t soliciting_worker = 0;

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

} // namespace

NextHops::NextHops(const config::External& external, dataplane::Forwarding& forwarding,
                   GraceQueue& grace, std::size_t capacity)
    : external_(external), forwarding_(forwarding), grace_(grace), adjacencies_(capacity),
      cache_(capacity, [] { return static_cast<std::uint32_t>(rte_rand()); }),
      link_local_(Ipv6Address::link_local(forwarding.port(Side::external).mac)) {
    forwarding_.adjacencies = adjacencies_;
}

Result<std::unique_ptr<NextHops>> NextHops::create(const config::External& external,
                                                   dataplane::Forwarding& forwarding,
                                                   GraceQueue& grace, std::size_t capacity,
                                                   std::int64_t now) {
    const std::size_t configured = external.neighbors.size() + 1;
    auto hops =
        std::unique_ptr<NextHops>(new NextHops(external, forwarding, grace, capacity + configured));
    if (auto added = hops->add_configured(now); !added) {
        return std::move(added).error();
    }
    return hops;
}

Result<> NextHops::add_configured(std::int64_t now) {
    NeighborActions actions;
    for (const config::StaticNeighbor& neighbor : external_.neighbors) {
        const auto id = cache_.add_permanent(neighbor.address, neighbor.mac, actions);
        if (!id || !publish(neighbor.address, *id)) {
            return Error{"static neighbour " + neighbor.address.text()
                         + ": no room in the neighbour cache"};
        }
    }
    carry_out(actions, now);
    if (external_.default_router && !acquire(*external_.default_router, std::nullopt, now)) {
        return Error{"default router " + external_.default_router->text()
                     + ": no room in the neighbour cache"};
    }
    return {};
}

bool NextHops::publish(const Ipv6Address& address, AdjacencyId id) {
    const auto value = std::uintptr_t{id} + 1;
    return forwarding_.neighbors->find(&address) != nullptr
           || forwarding_.neighbors->add(&address, reinterpret_cast<void*>(value));
}

bool NextHops::on_link(const Ipv6Address& destination) const {
    return std::any_of(external_.on_link.begin(), external_.on_link.end(),
                       [&](const Ipv6Prefix& prefix) { return prefix.contains(destination); });
}

std::optional<AdjacencyId> NextHops::acquire(const Ipv6Address& destination,
                                             std::optional<AdjacencyId> previous,
                                             std::int64_t now) {
    const bool direct = destination.is_link_local() || on_link(destination);
    if (!direct && !external_.default_router) {
        return std::nullopt;
    }
    const Ipv6Address& address = direct ? destination : *external_.default_router;
    std::optional<MacAddress> lent;
    if (direct && previous) {
        const MacAddress mac = adjacencies_[*previous].load().mac();
        if (!mac.is_zero()) {
            lent = mac;
        }
    }
    NeighborActions actions;
    const auto id = cache_.resolve(address, now, lent, actions);
    if (!id) {
        return std::nullopt;
    }
    if (!publish(address, *id)) {
        release(*id);
        return std::nullopt;
    }
    carry_out(actions, now);
    return id;
}

void NextHops::release(AdjacencyId id) {
    const Ipv6Address address = cache_.address(id);
    const auto ended = cache_.release(id);
    if (!ended) {
        return;
    }
    watched_.erase(id);
    // Lets packets that still wait for it go: none is left when its grace period is over.
    adjacencies_[id].retire();
    const std::int32_t position = forwarding_.neighbors->remove(&address);
    grace_.retire({position >= 0 ? forwarding_.neighbors.get() : nullptr, position, nullptr, id});
}

void NextHops::hear(const dataplane::NeighborEvent& event, std::int64_t now) {
    NeighborActions actions;
    if (event.kind == dataplane::NeighborEvent::Kind::solicitation) {
        cache_.on_solicitation(event.address, event.link_layer, actions);
    } else {
        cache_.on_advertisement(
            {event.address, event.has_link_layer ? std::optional(event.link_layer) : std::nullopt,
             event.router, event.solicited, event.override_cache},
            now, actions);
    }
    carry_out(actions, now);
}

void NextHops::advance(std::int64_t now) {
    solicitations_left_ = solicitations_a_tick;
    NeighborActions actions;
    if (now >= next_watch_) {
        next_watch_ = now + watch_interval_ns;
        for (const AdjacencyId id : watched_) {
            if (adjacencies_[id].take_used()) {
                cache_.used(id, now, actions);
            }
        }
    }
    if (const auto deadline = cache_.next_deadline(); deadline && *deadline <= now) {
        cache_.advance(now, actions, solicitations_a_tick);
    }
    carry_out(actions, now);
}

void NextHops::carry_out(const NeighborActions& actions, std::int64_t now) {
    for (const NeighborAction& action : actions) {
        std::visit(Overloaded{[&](const SolicitMulticast& s) { ask(s.target, nullptr, now); },
                              [&](const SolicitUnicast& s) { ask(s.target, &s.mac, now); },
                              [&](const AdjacencyChanged& changed) { change(changed); }},
                   action);
    }
}

void NextHops::change(const AdjacencyChanged& changed) {
    adjacencies_[changed.id].store(changed.mac, changed.state);
    const bool watch =
        changed.state == AdjacencyState::unconfirmed || changed.state == AdjacencyState::failed;
    if (watch) {
        watched_.insert(changed.id);
    } else {
        watched_.erase(changed.id);
    }
}

void NextHops::ask(const Ipv6Address& target, const MacAddress* unicast, std::int64_t now) {
    if (solicitations_left_ > 0 && solicit(target, unicast)) {
        --solicitations_left_;
    } else {
        cache_.not_sent(target, now);
    }
}

bool NextHops::solicit(const Ipv6Address& target, const MacAddress* unicast) {
    const dataplane::PortInfo& port = forwarding_.port(Side::external);
    rte_mbuf* packet = make_solicitation(forwarding_.pool, link_local_, port.mac, target, unicast);
    if (packet == nullptr) {
        return false;
    }
    packet->port = dataplane::solicit_port;
    if (rte_ring_enqueue(forwarding_.rings[soliciting_worker].transmit, packet) != 0) {
        rte_pktmbuf_free(packet);
        return false;
    }
    return true;
}

} // namespace mt6d
