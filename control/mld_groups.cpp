// SPDX-License-Identifier: BSD-3-Clause
#include "control/mld_groups.hpp"

#include <algorithm>

namespace mt6d {

MldGroups::MldGroups(std::size_t capacity) : capacity_(capacity) {
    ids_.reserve(capacity); // no rehash while packets flow
}

std::optional<MldGroups::Id> MldGroups::find(const Ipv6Address& address) const {
    const auto found = ids_.find(address);
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<MldGroups::Id> MldGroups::create(const Ipv6Address& address) {
    Id id = 0;
    if (!free_ids_.empty()) {
        id = free_ids_.back();
        free_ids_.pop_back();
    } else if (groups_.size() < capacity_) {
        id = static_cast<Id>(groups_.size());
        groups_.emplace_back();
    } else {
        return std::nullopt;
    }
    groups_[id] = Group{.address = address, .used = true};
    ids_.emplace(address, id);
    return id;
}

void MldGroups::remove(Id id) {
    arm_change(id, never);
    arm_answer(id, never);
    ids_.erase(groups_[id].address);
    groups_[id].used = false;
    free_ids_.push_back(id);
}

void MldGroups::arm(Timers& timers, std::int64_t& timer, Id id, std::int64_t at) {
    if (timer != never) {
        timers.erase({timer, id});
    }
    timer = at;
    if (at != never) {
        timers.emplace(at, id);
    }
}

void MldGroups::arm_change(Id id, std::int64_t at) {
    arm(changes_, groups_[id].change_at, id, at);
}

void MldGroups::arm_answer(Id id, std::int64_t at) {
    arm(answers_, groups_[id].answer_at, id, at);
    if (at == never) {
        asked_.erase(id);
    }
}

std::optional<MldGroups::Id> MldGroups::due(const Timers& timers, std::int64_t now) {
    return timers.empty() || timers.begin()->first > now ? std::nullopt
                                                         : std::optional(timers.begin()->second);
}

// A group that would have to remember too much answers about itself as a whole: that says all that
// the other answer would.
void MldGroups::ask_about(Id id, std::span<const Ipv6Address> sources) {
    const bool about_all = groups_[id].answer_at != never && !asked_.contains(id);
    if (about_all || (asked_.size() == most_asked && !asked_.contains(id))) {
        return;
    }
    std::vector<Ipv6Address>& asked = asked_[id];
    for (const Ipv6Address& source : sources) {
        if (std::find(asked.begin(), asked.end(), source) == asked.end()) {
            asked.push_back(source);
        }
    }
    if (asked.size() > MldQuery::most_sources) {
        asked_.erase(id);
    }
}

std::span<const Ipv6Address> MldGroups::asked(Id id) const {
    const auto found = asked_.find(id);
    return found == asked_.end() ? std::span<const Ipv6Address>{} : found->second;
}

} // namespace mt6d
