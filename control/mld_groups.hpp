// SPDX-License-Identifier: BSD-3-Clause
// The groups that MldListener listens to, their timers, and what they were asked. Whoever has
// something to say is in an ordered set: nothing looks at all groups.
#pragma once

#include "control/clock.hpp"

#include <mt6d/address.hpp>
#include <mt6d/mld.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mt6d {

class MldGroups {
public:
    using Id = std::uint32_t;
    using Timers = std::set<std::pair<std::int64_t, Id>>; // one for each armed group
    static constexpr std::int64_t never = INT64_MAX;
    // Groups that remember which sources they were asked about.
    static constexpr std::size_t most_asked = 1024;

    struct Group {
        Ipv6Address address;
        std::uint32_t listeners = 0; // none: left, and that is still being reported
        std::uint8_t changes = 0;    // reports of the last change that are still to be sent
        bool used = false;           // as a slot
        bool announced = false;      // the last change was reported once
        std::int64_t change_at = never;
        std::int64_t answer_at = never;

        [[nodiscard]] bool listening() const { return used && listeners > 0; }
    };

    explicit MldGroups(std::size_t capacity);

    [[nodiscard]] std::optional<Id> find(const Ipv6Address& address) const;
    // None if there is no room.
    std::optional<Id> create(const Ipv6Address& address);
    void remove(Id id);
    Group& operator[](Id id) { return groups_[id]; }
    const Group& operator[](Id id) const { return groups_[id]; }
    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    // Ids are below this, not all of them used.
    [[nodiscard]] std::size_t slots() const { return groups_.size(); }

    // A report of a change, and the answer to a query; `never` disarms.
    void arm_change(Id id, std::int64_t at);
    void arm_answer(Id id, std::int64_t at);
    [[nodiscard]] const Timers& changes() const { return changes_; }
    [[nodiscard]] const Timers& answers() const { return answers_; }
    // The first group whose timer is due.
    static std::optional<Id> due(const Timers& timers, std::int64_t now);

    // The pending answer is about these sources too, or about the whole group: once that, it
    // stays so until it is given.
    void ask_about(Id id, std::span<const Ipv6Address> sources);
    void ask_about_all(Id id) { asked_.erase(id); }
    // None: about the whole group.
    [[nodiscard]] std::span<const Ipv6Address> asked(Id id) const;

private:
    void arm(Timers& timers, std::int64_t& timer, Id id, std::int64_t at);

    std::size_t capacity_;
    std::vector<Group> groups_; // by id
    std::vector<Id> free_ids_;
    std::unordered_map<Ipv6Address, Id> ids_;
    Timers changes_;
    Timers answers_;
    std::unordered_map<Id, std::vector<Ipv6Address>> asked_;
};

// Over all groups, from slot to slot and around, a few at a time.
class MldWalk {
public:
    void begin(const MldGroups& groups, std::int64_t now) {
        left_ = groups.slots();
        since_ = now;
    }
    void end() { left_ = 0; }
    // A slot was added: it must not take another one's turn.
    void grown() { left_ += left_ > 0 ? 1 : 0; }
    [[nodiscard]] bool under_way() const { return left_ > 0; }
    [[nodiscard]] std::int64_t since() const { return since_; }

    // Visits the groups listened to, until the walk or the budget (of slots) ends, or `visit` says
    // that it cannot.
    template <class Visit>
    void go(const MldGroups& groups, std::size_t& budget, Visit visit) {
        for (; left_ > 0 && budget > 0; --left_, --budget) {
            at_ = at_ < groups.slots() ? at_ : 0;
            if (groups[at_].listening() && !visit(at_)) {
                return;
            }
            ++at_;
        }
    }

private:
    MldGroups::Id at_ = 0;
    std::size_t left_ = 0;
    std::int64_t since_ = 0;
};

} // namespace mt6d
