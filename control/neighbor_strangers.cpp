// SPDX-License-Identifier: BSD-3-Clause
// The part of the neighbour cache that is about strangers: neighbours that unprotected packets want
// to go to (docs/protocol.md, section 10).
#include "control/neighbor_cache.hpp"

namespace mt6d {

void NeighborCache::want(const Ipv6Address& address, std::int64_t now, NeighborActions& actions) {
    // Ids that routes may need are never among those that strangers have.
    if (stranger_ids_ == 2 * most_strangers_ || ids_.contains(address)) {
        return;
    }
    make_room(actions);
    Entry* const entry = create(address, NeighborState::incomplete);
    if (entry == nullptr) {
        return;
    }
    entry->stranger = true;
    ++stranger_ids_;
    put_last(*entry, unanswered_);
    publish(*entry, actions);
    actions.emplace_back(NeighborMade{entry->id, address});
    solicit(*entry, now, actions);
}

void NeighborCache::put_last(Entry& entry, std::list<AdjacencyId>& among) {
    if (entry.among == nullptr) {
        entry.place = among.insert(among.end(), entry.id);
    } else {
        among.splice(among.end(), *entry.among, entry.place);
    }
    entry.among = &among;
}

void NeighborCache::leave_list(Entry& entry) {
    if (entry.among != nullptr) {
        entry.among->erase(entry.place);
        entry.among = nullptr;
    }
}

// It is a stranger's no longer.
void NeighborCache::give_back(Entry& entry) {
    stranger_ids_ -= entry.stranger ? 1 : 0;
    entry.stranger = false;
}

// For one more stranger. Those that never answered have a quarter of the room.
void NeighborCache::make_room(NeighborActions& actions) {
    if (unanswered_.size() >= (most_strangers_ + 3) / 4) {
        remove(entries_[unanswered_.front()], actions);
    } else if (unanswered_.size() + answered_.size() >= most_strangers_) {
        remove(entries_[answered_.front()], actions);
    }
}

// A stranger's.
void NeighborCache::remove(Entry& entry, NeighborActions& actions) {
    leave_list(entry);
    arm(entry, never);
    ids_.erase(entry.address);
    entry.slot = Slot::released;
    actions.emplace_back(NeighborGone{entry.id, entry.address});
}

} // namespace mt6d
