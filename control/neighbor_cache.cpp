// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighbor_cache.hpp"

#include <algorithm>
#include <cassert>

namespace mt6d {

namespace {

// No neighbour has such a MAC: a message that says so is forged or broken.
bool is_impossible(const MacAddress& mac) {
    return mac.is_multicast() || mac.is_zero();
}

} // namespace

NeighborCache::NeighborCache(std::size_t capacity, std::function<std::uint32_t()> random,
                             std::size_t strangers)
    : capacity_(capacity), random_(std::move(random)), most_strangers_(strangers) {
    ids_.reserve(capacity); // no rehash while packets flow
}

std::optional<AdjacencyId> NeighborCache::add_permanent(const Ipv6Address& address,
                                                        const MacAddress& mac,
                                                        NeighborActions& actions) {
    if (ids_.contains(address)) {
        return std::nullopt;
    }
    Entry* entry = create(address, NeighborState::permanent);
    if (entry == nullptr) {
        return std::nullopt;
    }
    entry->mac = mac;
    publish(*entry, actions);
    return entry->id;
}

std::optional<AdjacencyId> NeighborCache::resolve(const Ipv6Address& address, std::int64_t now,
                                                  std::optional<MacAddress> previous,
                                                  NeighborActions& actions) {
    const auto found = ids_.find(address);
    Entry* entry =
        found != ids_.end() ? &entries_[found->second] : create(address, NeighborState::incomplete);
    if (entry == nullptr) {
        return std::nullopt;
    }
    ++entry->references;
    leave_list(*entry);
    give_back(*entry);
    if (previous && !entry->mac) {
        entry->mac = previous;
        entry->state = NeighborState::incomplete; // a failed one is solicited as before
    }
    publish(*entry, actions);
    if (entry->references == 1 && entry->state != NeighborState::permanent) {
        solicit(*entry, now, actions);
    }
    return entry->id;
}

std::optional<AdjacencyId> NeighborCache::release(AdjacencyId id) {
    Entry& entry = entries_.at(id);
    assert(entry.slot == Slot::occupied && entry.references > 0);
    --entry.references;
    if (entry.references > 0 || entry.state == NeighborState::permanent) {
        return std::nullopt;
    }
    arm(entry, never);
    ids_.erase(entry.address);
    entry.slot = Slot::released;
    return id;
}

void NeighborCache::recycle(AdjacencyId id) {
    Entry& entry = entries_.at(id);
    assert(entry.slot == Slot::released);
    entry.slot = Slot::free;
    give_back(entry);
    free_ids_.push_back(id);
}

void NeighborCache::set_timers(std::uint32_t reachable_ms, std::uint32_t retransmit_ms) {
    constexpr std::int64_t ns_per_ms = 1'000'000;
    reachable_ = reachable_ms == 0 ? base_reachable_ns : reachable_ms * ns_per_ms;
    retransmit_ = retransmit_ms == 0 ? retransmit_ns : retransmit_ms * ns_per_ms;
}

void NeighborCache::probe_all(std::int64_t now) {
    to_probe_ = entries_.size();
    to_probe_since_ = now;
}

void NeighborCache::probe_some(std::int64_t now) {
    for (std::size_t i = 0; i < probed_a_call && to_probe_ > 0; ++i) {
        Entry& entry = entries_[--to_probe_];
        if (entry.slot == Slot::occupied && entry.state != NeighborState::permanent
            && !is_unresolved(entry)) {
            entry.state = NeighborState::probe;
            entry.solicits = 0;
            arm(entry, now);
        }
    }
}

// RFC 4861, section 7.2.5; the rows of appendix C that begin with "NA".
void NeighborCache::on_advertisement(const Advertisement& advertisement, std::int64_t now,
                                     NeighborActions& actions) {
    Entry* entry = find_changeable(advertisement.target);
    if (entry == nullptr || (advertisement.mac && is_impossible(*advertisement.mac))) {
        return;
    }
    const bool unresolved = is_unresolved(*entry);
    const bool differs = advertisement.mac && (unresolved || advertisement.mac != entry->mac);
    if (!unresolved && differs && !advertisement.override) {
        if (entry->state == NeighborState::reachable) {
            make_stale(*entry);
        }
    } else {
        entry->is_router = advertisement.router;
        if (differs) {
            entry->mac = advertisement.mac;
        }
        if (advertisement.solicited && (differs || !unresolved)) {
            confirm(*entry, now);
        } else if (differs) {
            make_stale(*entry);
        }
    }
    publish(*entry, actions);
}

// RFC 4861, section 7.2.3, but for the creation of entries.
void NeighborCache::on_solicitation(const Ipv6Address& source, const MacAddress& source_mac,
                                    NeighborActions& actions) {
    Entry* entry = find_changeable(source);
    if (entry == nullptr || is_impossible(source_mac)) {
        return;
    }
    if (is_unresolved(*entry) || entry->mac != source_mac) {
        entry->mac = source_mac;
        make_stale(*entry);
        publish(*entry, actions);
    }
}

void NeighborCache::on_router_advertisement(const Ipv6Address& router,
                                            const std::optional<MacAddress>& mac, std::int64_t now,
                                            NeighborActions& actions) {
    Entry* entry = find_changeable(router);
    if (entry == nullptr || (mac && is_impossible(*mac))) {
        return;
    }
    entry->is_router = true;
    if (!mac || (!is_unresolved(*entry) && entry->mac == mac)) {
        return;
    }
    entry->mac = mac;
    // What is under way goes on: a forged MAC is not believed for longer than one round of probes.
    if (entry->state != NeighborState::delay && entry->state != NeighborState::probe) {
        entry->state = NeighborState::delay;
        arm(*entry, now + retransmit_);
    }
    publish(*entry, actions);
}

void NeighborCache::used(AdjacencyId id, std::int64_t now, NeighborActions& actions) {
    Entry& entry = entries_.at(id);
    if (entry.slot != Slot::occupied) {
        return;
    }
    if (entry.among == &answered_) {
        put_last(entry, answered_);
    }
    if (entry.state == NeighborState::stale) {
        entry.state = NeighborState::delay;
        arm(entry, now + delay_first_probe_ns);
        publish(entry, actions);
    } else if (is_unresolved(entry)) {
        retry_soon(entry, now);
    }
}

void NeighborCache::not_sent(const Ipv6Address& target, std::int64_t now) {
    Entry* entry = find_changeable(target);
    if (entry == nullptr || (!is_unresolved(*entry) && entry->state != NeighborState::probe)) {
        return; // answered meanwhile
    }
    if (entry->solicits > 0) {
        --entry->solicits;
    }
    arm(*entry, now);
}

void NeighborCache::advance(std::int64_t now, NeighborActions& actions, std::size_t limit) {
    probe_some(now);
    for (; limit > 0 && !timers_.empty() && timers_.begin()->first <= now; --limit) {
        expire(entries_[timers_.begin()->second], now, actions);
    }
}

std::optional<std::int64_t> NeighborCache::next_deadline() const {
    const std::int64_t next = std::min(to_probe_ > 0 ? to_probe_since_ : never,
                                       timers_.empty() ? never : timers_.begin()->first);
    return next == never ? std::nullopt : std::optional(next);
}

std::optional<Neighbor> NeighborCache::find(const Ipv6Address& address) const {
    const auto found = ids_.find(address);
    if (found == ids_.end()) {
        return std::nullopt;
    }
    const Entry& entry = entries_[found->second];
    return Neighbor{entry.id, entry.state, entry.mac, entry.is_router};
}

std::optional<AdjacencyId> NeighborCache::list(AdjacencyId first, std::size_t most,
                                               std::vector<KnownNeighbor>& to) const {
    const std::size_t end = std::min(entries_.size(), first + most);
    for (std::size_t id = first; id < end; ++id) {
        const Entry& entry = entries_[id];
        if (entry.slot == Slot::occupied) {
            to.push_back({entry.address,
                          {entry.id, entry.state, entry.mac, entry.is_router},
                          entry.stranger});
        }
    }
    return end < entries_.size() ? std::optional(static_cast<AdjacencyId>(end)) : std::nullopt;
}

// None if the cache is full.
NeighborCache::Entry* NeighborCache::create(const Ipv6Address& address, NeighborState state) {
    AdjacencyId id = 0;
    if (!free_ids_.empty()) {
        id = free_ids_.back();
        free_ids_.pop_back();
    } else if (entries_.size() < capacity_) {
        id = static_cast<AdjacencyId>(entries_.size());
        entries_.emplace_back();
    } else {
        return nullptr;
    }
    Entry& entry = entries_[id];
    entry = Entry{};
    entry.id = id;
    entry.slot = Slot::occupied;
    entry.state = state;
    entry.retry = retransmit_;
    entry.address = address;
    ids_.emplace(address, id);
    return &entry;
}

NeighborCache::Entry* NeighborCache::find_changeable(const Ipv6Address& address) {
    const auto found = ids_.find(address);
    if (found == ids_.end() || entries_[found->second].state == NeighborState::permanent) {
        return nullptr;
    }
    return &entries_[found->second];
}

// A lent MAC is no answer: whatever the neighbour says of itself replaces it.
bool NeighborCache::is_unresolved(const Entry& entry) {
    return entry.state == NeighborState::incomplete || entry.state == NeighborState::failed;
}

void NeighborCache::arm(Entry& entry, std::int64_t deadline) {
    auto timer = timers_.extract({entry.deadline, entry.id}); // empty if it was not armed
    entry.deadline = deadline;
    if (deadline == never) {
        return;
    }
    if (timer.empty()) {
        timers_.emplace(deadline, entry.id);
    } else {
        timer.value() = {deadline, entry.id};
        timers_.insert(std::move(timer));
    }
}

void NeighborCache::confirm(Entry& entry, std::int64_t now) {
    constexpr double range = 4294967296.0; // of random_()
    const double share = 0.5 + random_() / range;
    entry.state = NeighborState::reachable;
    if (entry.among != nullptr) {
        put_last(entry, answered_);
    }
    arm(entry, now + static_cast<std::int64_t>(share * static_cast<double>(reachable_)));
}

void NeighborCache::make_stale(Entry& entry) {
    entry.state = NeighborState::stale;
    arm(entry, never); // until it is used
}

// RFC 4861 discards the entry here, and makes a new one for the next packet. This does both.
void NeighborCache::fail(Entry& entry, std::int64_t now, NeighborActions& actions) {
    if (entry.among != nullptr) {
        remove(entry, actions);
        return;
    }
    entry.state = NeighborState::failed;
    entry.mac.reset();
    entry.retry = retransmit_;
    entry.solicits = max_multicast_solicit;
    publish(entry, actions);
    solicit(entry, now, actions);
}

// By multicast: three times, and once more as the entry fails, a second apart; then ever slower.
void NeighborCache::solicit(Entry& entry, std::int64_t now, NeighborActions& actions) {
    actions.emplace_back(SolicitMulticast{entry.address});
    if (entry.solicits <= max_multicast_solicit) {
        ++entry.solicits;
    } else {
        entry.retry = std::min(2 * entry.retry, max_retry_ns);
    }
    arm(entry, now + entry.retry);
}

void NeighborCache::probe(Entry& entry, std::int64_t now, NeighborActions& actions) {
    actions.emplace_back(SolicitUnicast{entry.address, *entry.mac});
    ++entry.solicits;
    arm(entry, now + retransmit_);
}

// Never more than one solicitation a second (RFC 4861, section 7.2.2).
void NeighborCache::retry_soon(Entry& entry, std::int64_t now) {
    entry.solicits = std::min<std::uint8_t>(entry.solicits, max_multicast_solicit);
    const std::int64_t last = entry.deadline - entry.retry;
    entry.retry = retransmit_;
    arm(entry, std::max(now, last + retransmit_));
}

void NeighborCache::expire(Entry& entry, std::int64_t now, NeighborActions& actions) {
    switch (entry.state) {
    case NeighborState::incomplete:
        if (entry.solicits < max_multicast_solicit || entry.mac) {
            solicit(entry, now, actions);
        } else {
            fail(entry, now, actions);
        }
        break;
    case NeighborState::failed:
        solicit(entry, now, actions);
        break;
    case NeighborState::reachable:
        make_stale(entry);
        break;
    case NeighborState::delay:
        entry.state = NeighborState::probe;
        entry.solicits = 0;
        probe(entry, now, actions);
        break;
    case NeighborState::probe:
        if (entry.solicits < max_unicast_solicit) {
            probe(entry, now, actions);
        } else {
            fail(entry, now, actions);
        }
        break;
    case NeighborState::stale:
    case NeighborState::permanent:
        arm(entry, never); // they have no timer
        break;
    }
    if (entry.slot == Slot::occupied) {
        publish(entry, actions);
    }
}

void NeighborCache::publish(Entry& entry, NeighborActions& actions) {
    const AdjacencyChanged adjacency{entry.id, adjacency_state(entry.state, entry.mac.has_value()),
                                     entry.mac.value_or(MacAddress{})};
    if (entry.published != adjacency) {
        entry.published = adjacency;
        actions.emplace_back(adjacency);
    }
}

} // namespace mt6d
