// SPDX-License-Identifier: BSD-3-Clause
#include "control/next_hops.hpp"

#include "control/events/event_log.hpp"
#include "control/log.hpp"
#include "control/packets.hpp"

#include <rte_random.h>

#include <algorithm>

namespace mt6d {

using dataplane::Side;

namespace {

RouterListSettings settings_of(const config::External& external, std::uint32_t mtu) {
    RouterListSettings settings;
    if (external.default_router) {
        settings.routers = {*external.default_router};
    }
    settings.on_link = external.on_link;
    settings.port_mtu = mtu;
    settings.learn = external.router_advertisements == config::Advertisements::learn;
    return settings;
}

} // namespace

NextHops::NextHops(const config::External& external, dataplane::Forwarding& forwarding,
                   GraceQueue& grace, AnswerTable& hosts_answers, std::size_t capacity)
    : external_(external), forwarding_(forwarding), grace_(grace), hosts_answers_(hosts_answers),
      neighbors_(Side::external, forwarding, grace,
                 capacity + external.neighbors.size() + max_routers),
      routers_(settings_of(external, forwarding.port(Side::external).mtu),
               [] { return static_cast<std::uint32_t>(rte_rand()); }) {
    forwarding.router = neighbors_.spare();
    publish_on_link();
    publish_router();
}

Result<> NextHops::add_configured(std::int64_t now) {
    for (const config::StaticNeighbor& neighbor : external_.neighbors) {
        if (!neighbors_.add_permanent(neighbor.address, neighbor.mac)) {
            return Error{"static neighbour " + neighbor.address.text()
                         + ": no room in the neighbour cache; raise `memory`"};
        }
    }
    routers_.link_up(now);
    meet_routers(now);
    if (met_.size() != routers_.routers().size()) {
        return Error{"default router " + external_.default_router->text()
                     + ": no room in the neighbour cache; raise `memory`"};
    }
    follow_routers(now);
    return {};
}

bool NextHops::on_link(const Ipv6Address& destination) const {
    return forwarding_.on_link.load(std::memory_order_relaxed)->contains(destination);
}

std::vector<KnownRouter> NextHops::known_routers() const {
    std::vector<KnownRouter> known;
    for (const Router& router : routers_.routers()) {
        if (!router.is_default || !router.trusted) {
            continue;
        }
        const auto neighbor = neighbors_.find(router.address);
        known.push_back(
            {router.address, neighbor ? neighbor->mac.value_or(MacAddress{}) : MacAddress{}});
    }
    return known;
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
    const auto neighbor = neighbors_.acquire(destination, lent, now);
    // Tables have no places for addresses of a prefix that is routed; should somebody advertise it
    // as on-link, a router knows the way as well.
    return !neighbor && forwarding_.is_routed_beyond(destination) ? forwarding_.router : neighbor;
}

void NextHops::release(AdjacencyId id) {
    if (id != forwarding_.router) {
        neighbors_.release(id);
    }
}

void NextHops::hear(const dataplane::NeighborEvent& event, std::int64_t now) {
    if (event.kind == dataplane::NeighborEvent::Kind::router_solicitation) {
        routers_.on_host_solicitation(now);
    } else {
        neighbors_.hear(event, now);
    }
}

void NextHops::hear(const RouterInformation& said, std::int64_t now) {
    const Router* const router = routers_.on_advertisement(said, now);
    if (router != nullptr && met_.contains(router->address)) {
        neighbors_.hear_router(router->address,
                               said.has_link_layer ? std::optional(said.link_layer) : std::nullopt,
                               now);
    }
}

void NextHops::link_up(std::int64_t now) {
    neighbors_.link_up(now);
    routers_.link_up(now);
}

void NextHops::advance(std::int64_t now) {
    const auto& router = routers_.default_router();
    if (neighbors_.adjacency(forwarding_.router).take_used() && router) {
        if (const auto met = met_.find(*router); met != met_.end()) {
            neighbors_.used(met->second.id, now);
        }
    }
    neighbors_.advance(now);
    follow_routers(now);
}

// Reachability goes in, changes come out.
void NextHops::follow_routers(std::int64_t now) {
    for (auto& [address, met] : met_) {
        follow_router(address, met, now);
    }
    carry_out(routers_.advance(now), now);
    publish_router();
}

// A MAC alone says nothing: who has answered is reachable until it fails to, as a router. Inside it
// is answered for from its first answer on, or else a stranger could take a host's address there.
void NextHops::follow_router(const Ipv6Address& address, Met& met, std::int64_t now) {
    const auto neighbor = neighbors_.find(address);
    const NeighborState state = neighbor ? neighbor->state : NeighborState::failed;
    if (state == NeighborState::reachable && !neighbor->is_router) {
        routers_.on_host_answer(address, now);
    } else if (state == NeighborState::reachable || state == NeighborState::permanent) {
        routers_.set_reachable(address, true, now);
    } else if (state == NeighborState::failed) {
        routers_.set_reachable(address, false, now);
    }
    const Router* const router = routers_.find(address);
    if (!met.answered_for && router != nullptr && router->trusted) {
        met.answered_for = hosts_answers_.add(address, AnswerTable::Kind::router);
        if (!router->configured) {
            log::info("router", "{} advertises itself, and answers", address.text());
        }
    }
}

void NextHops::carry_out(const RouterChanges& changes, std::int64_t now) {
    if (changes.routers) {
        meet_routers(now);
    }
    if (changes.default_router && routers_.default_router()) {
        const std::string router = routers_.default_router()->text();
        log::info("router", "packets go by {}", router);
        events::record(events::Alarm{events::AlarmKind::router_used, router});
    } else if (changes.default_router) {
        log::warning("router", "no default router is left");
        events::record(events::Alarm{events::AlarmKind::router_none});
    }
    if (changes.prefixes) {
        publish_on_link();
        on_link_changed_ = true;
    }
    if (changes.timers) {
        neighbors_.set_timers(routers_.reachable_ms(), routers_.retransmit_ms());
    }
    if (changes.solicit) {
        const MacAddress& own = forwarding_.port(Side::external).mac;
        send_own_frame(
            forwarding_, Side::external,
            make_router_solicitation(forwarding_.pool, Ipv6Address::link_local(own), own));
    }
}

// Each router is resolved, in use or not.
void NextHops::meet_routers(std::int64_t now) {
    for (const Router& router : routers_.routers()) {
        if (met_.contains(router.address)) {
            continue;
        }
        const auto id = neighbors_.acquire(router.address, std::nullopt, now);
        if (!id) {
            continue; // tried again when there is news
        }
        met_.emplace(router.address, Met{*id});
        if (!router.configured) {
            neighbors_.hear_router(router.address, router.link_layer, now);
        }
    }
    std::erase_if(met_, [this](const auto& met) {
        const bool gone = routers_.find(met.first) == nullptr;
        if (gone && met.second.answered_for) {
            hosts_answers_.remove(met.first);
            log::info("router", "{} is one no longer", met.first.text());
        }
        if (gone) {
            neighbors_.release(met.second.id);
        }
        return gone;
    });
}

// What is known of the router's neighbour entry is known of the router's adjacency.
void NextHops::publish_router() {
    const auto& router = routers_.default_router();
    const auto met = router ? met_.find(*router) : met_.end();
    const Adjacency::Value now = met != met_.end()
                                     ? neighbors_.adjacency(met->second.id).load()
                                     : Adjacency::Value(MacAddress{}, AdjacencyState::failed);
    Adjacency& published = neighbors_.adjacency(forwarding_.router);
    const Adjacency::Value before = published.load();
    if (before.mac() != now.mac() || before.state() != now.state()) {
        published.store(now.mac(), now.state());
    }
}

// A published list is not written to while a worker may read it.
void NextHops::publish_on_link() {
    const std::vector<Ipv6Prefix> prefixes = routers_.on_link().all();
    const dataplane::OnLink* const published = forwarding_.on_link.load(std::memory_order_relaxed);
    dataplane::OnLink& next = on_link_[published == on_link_.data() ? 1 : 0];
    next.count = std::min(prefixes.size(), next.capacity);
    std::copy_n(prefixes.begin(), next.count, next.prefixes.begin());
    forwarding_.on_link.store(&next, std::memory_order_release);
    if (published != nullptr) {
        grace_.synchronize();
    }
}

} // namespace mt6d
