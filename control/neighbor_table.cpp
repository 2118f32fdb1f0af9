// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbor_table.hpp"

#include "control/events/event_log.hpp"
#include "control/packets.hpp"

#include <rte_random.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace mt6d {
namespace {

// How often workers' marks of use are looked at, or less often where there are very many.
constexpr std::int64_t watch_interval_ns = 100'000'000;

template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

} // namespace

NeighborTable::NeighborTable(dataplane::Side side, dataplane::Forwarding& forwarding,
                             GraceQueue& grace, std::size_t referenced)
    : side_(side), forwarding_(forwarding), table_(*forwarding.neighbors[index(side)]),
      grace_(grace), adjacencies_(referenced + stranger_ids + 1),
      cache_(
          referenced + stranger_ids, [] { return static_cast<std::uint32_t>(rte_rand()); },
          strangers),
      link_local_(Ipv6Address::link_local(forwarding.port(side).mac)) {
    forwarding.adjacencies[index(side)] = adjacencies_;
}

bool NeighborTable::add_permanent(const Ipv6Address& address, const MacAddress& mac) {
    NeighborActions actions;
    const auto id = cache_.add_permanent(address, mac, actions);
    carry_out(actions, 0);
    return id && publish(address, *id);
}

bool NeighborTable::publish(const Ipv6Address& address, AdjacencyId id) {
    const auto value = std::uintptr_t{id} + 1;
    return table_.find(&address) != nullptr || table_.add(&address, reinterpret_cast<void*>(value));
}

// Lets packets that still wait for it go: none is left when its grace period is over.
void NeighborTable::withdraw(const Ipv6Address& address, AdjacencyId id) {
    adjacencies_[id].retire();
    const std::int32_t position = table_.remove(&address);
    grace_.retire({.table = position >= 0 ? &table_ : nullptr,
                   .position = position,
                   .neighbors = this,
                   .adjacency = id});
}

std::optional<AdjacencyId> NeighborTable::acquire(const Ipv6Address& address,
                                                  std::optional<MacAddress> lent,
                                                  std::int64_t now) {
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

void NeighborTable::release(AdjacencyId id) {
    const Ipv6Address address = cache_.address(id);
    if (cache_.release(id)) {
        withdraw(address, id);
    }
}

void NeighborTable::used(AdjacencyId id, std::int64_t now) {
    NeighborActions actions;
    cache_.used(id, now, actions);
    carry_out(actions, now);
}

void NeighborTable::hear(const dataplane::NeighborEvent& event, std::int64_t now) {
    using Kind = dataplane::NeighborEvent::Kind;
    NeighborActions actions;
    switch (event.kind) {
    case Kind::solicitation:
        cache_.on_solicitation(event.address, event.link_layer, actions);
        break;
    case Kind::advertisement:
        cache_.on_advertisement(
            {event.address, event.has_link_layer ? std::optional(event.link_layer) : std::nullopt,
             event.router, event.solicited, event.override_cache},
            now, actions);
        break;
    case Kind::wanted:
        cache_.want(event.address, now, actions);
        break;
    case Kind::router_solicitation:
        break; // not about a neighbour
    }
    carry_out(actions, now);
}

void NeighborTable::hear_router(const Ipv6Address& router, const std::optional<MacAddress>& mac,
                                std::int64_t now) {
    NeighborActions actions;
    cache_.on_router_advertisement(router, mac, now, actions);
    carry_out(actions, now);
}

void NeighborTable::link_up(std::int64_t now) {
    cache_.probe_all(now);
}

void NeighborTable::advance(std::int64_t now) {
    solicitations_left_ = solicitations_a_tick;
    NeighborActions actions;
    watch(now, actions);
    if (const auto deadline = cache_.next_deadline(); deadline && *deadline <= now) {
        cache_.advance(now, actions, solicitations_a_tick);
    }
    carry_out(actions, now);
}

// All of them, one after the other in memory: that is quicker than to remember whose use matters.
void NeighborTable::watch(std::int64_t now, NeighborActions& actions) {
    if (watched_ == 0) {
        if (now < next_watch_) {
            return;
        }
        next_watch_ = now + watch_interval_ns;
    }
    const auto end =
        static_cast<AdjacencyId>(std::min<std::size_t>(watched_ + watched_a_tick, spare()));
    for (; watched_ < end; ++watched_) {
        if (adjacencies_[watched_].take_used()) {
            cache_.used(watched_, now, actions);
        }
    }
    watched_ = watched_ == spare() ? 0 : watched_;
}

void NeighborTable::carry_out(const NeighborActions& actions, std::int64_t now) {
    for (const NeighborAction& action : actions) {
        std::visit(Overloaded{[&](const SolicitMulticast& s) { ask(s.target, nullptr, now); },
                              [&](const SolicitUnicast& s) { ask(s.target, &s.mac, now); },
                              [&](const AdjacencyChanged& changed) { change(changed); },
                              [&](const NeighborMade& made) { publish(made.address, made.id); },
                              [&](const NeighborGone& gone) { withdraw(gone.address, gone.id); }},
                   action);
    }
}

void NeighborTable::change(const AdjacencyChanged& changed) {
    adjacencies_[changed.id].store(changed.mac, changed.state);
    if (changed.state == AdjacencyState::failed) {
        events::record(
            events::Alarm{events::AlarmKind::neighbor_failed, cache_.address(changed.id).text()});
    }
}

void NeighborTable::ask(const Ipv6Address& target, const MacAddress* unicast, std::int64_t now) {
    if (solicitations_left_ > 0 && solicit(target, unicast)) {
        --solicitations_left_;
    } else {
        cache_.not_sent(target, now);
    }
}

bool NeighborTable::solicit(const Ipv6Address& target, const MacAddress* unicast) {
    const MacAddress& own = forwarding_.port(side_).mac;
    return send_own_frame(forwarding_, side_,
                          make_solicitation(forwarding_.pool, link_local_, own, target, unicast));
}

} // namespace mt6d
