// SPDX-License-Identifier: BSD-3-Clause
#include "control/mld_listener.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace mt6d {

namespace {

constexpr std::int64_t millisecond = nanoseconds_per_second / 1000;

} // namespace

MldListener::MldListener(std::size_t capacity, std::uint32_t mtu,
                         std::function<std::uint32_t()> random)
    : record_room_(mtu - sizeof(Ipv6Header) - sizeof(RouterAlertHeader) - sizeof(MldReportHeader)),
      random_(std::move(random)), groups_(capacity) {
    assert(mtu >= ipv6_minimum_mtu);
}

// --- changes -----------------------------------------------------------------------------------

bool MldListener::join(const Ipv6Address& group, std::int64_t now) {
    if (!is_reported_group(group)) {
        return true;
    }
    const std::size_t slots = groups_.slots();
    const auto known = groups_.find(group);
    const auto id = known ? known : groups_.create(group);
    if (!id) {
        return false;
    }
    if (groups_.slots() > slots) {
        answers_.grown();
        rejoins_.grown();
    }
    if (++groups_[*id].listeners == 1) {
        begin_change(*id, now);
    }
    return true;
}

void MldListener::leave(const Ipv6Address& group, std::int64_t now) {
    const auto id = groups_.find(group);
    if (!id) {
        return;
    }
    assert(groups_[*id].listeners > 0);
    if (--groups_[*id].listeners == 0) {
        groups_.arm_answer(*id, never);
        begin_change(*id, now);
    }
}

bool MldListener::listens_to(const Ipv6Address& group) const {
    const auto id = groups_.find(group);
    return id && groups_[*id].listening();
}

// A change supersedes what is still being said of the last one (RFC 3810, 6.1).
void MldListener::begin_change(Id id, std::int64_t now) {
    MldGroups::Group& group = groups_[id];
    const bool goodbye = v1_until_ && group.listeners == 0; // said once (RFC 2710, 4)
    group.changes = static_cast<std::uint8_t>(goodbye ? 1 : robustness_);
    group.announced = false;
    groups_.arm_change(id, now);
}

void MldListener::link_up(std::int64_t now) {
    robustness_ = default_robustness;
    interval_s_ = default_interval_s;
    set_v1_until(std::nullopt);
    general_at_.reset();
    answers_.end();
    rejoins_.begin(groups_, now);
}

// 0 to `most`, uniform, in steps of 65 µs.
std::int64_t MldListener::random_delay(std::int64_t most) const {
    return ((most >> 16) * std::int64_t{random_()}) >> 16;
}

// --- queries -----------------------------------------------------------------------------------

void MldListener::on_query(const MldQuery& query, std::int64_t now) {
    adopt(query, now);
    const std::int64_t most = query.max_response_ms * millisecond;
    // Version 1 has a delay for each group, not one for all (RFC 2710, 4).
    const bool one_by_one = query.is_general() && version() == 1;
    const std::int64_t at = one_by_one ? now : now + random_delay(most);
    // RFC 3810, 6.2, rule 1: an answer about everything that is due sooner will do.
    if (general_at_ && *general_at_ <= at) {
        return;
    }
    if (query.is_general()) {
        general_at_ = at;
        answered_by_ = now + most;
    } else {
        ask_group(query, at);
    }
}

// What a query says of itself: robustness and interval (RFC 3810, 9.1, 9.2), and its version (8.2).
void MldListener::adopt(const MldQuery& query, std::int64_t now) {
    if (query.version == 1) {
        const std::int64_t response = query.is_general() ? query.max_response_ms * millisecond : 0;
        set_v1_until(now + robustness_ * interval_s_ * nanoseconds_per_second
                     + std::max(response, query_response_ns)); // 9.12
        return;
    }
    // Zero is not said; one should not be.
    robustness_ = std::max<unsigned>(query.robustness, default_robustness);
    interval_s_ = query.interval_s == 0 ? default_interval_s : query.interval_s;
}

// RFC 3810, 6.2, rules 3 to 5: one pending answer a group, the sooner of the two times, about all
// sources asked for or about the group as a whole.
void MldListener::ask_group(const MldQuery& query, std::int64_t at) {
    const auto id = groups_.find(query.group);
    if (!id || !groups_[*id].listening()) {
        return;
    }
    if (query.source_count == 0) {
        groups_.ask_about_all(*id);
    } else {
        groups_.ask_about(*id, query.asked_sources());
    }
    groups_.arm_answer(*id, std::min(groups_[*id].answer_at, at));
}

void MldListener::set_v1_until(std::optional<std::int64_t> until) {
    const unsigned before = version();
    v1_until_ = until;
    if (version() != before) {
        cancel_timers();
    }
}

// With another version all pending answers and repetitions are off (RFC 3810, 8.2.1). A change
// that nobody has heard of yet still has to be reported.
void MldListener::cancel_timers() {
    general_at_.reset();
    answers_.end();
    while (!groups_.answers().empty()) {
        groups_.arm_answer(groups_.answers().begin()->second, never);
    }
    const MldGroups::Timers pending = groups_.changes();
    for (const auto& [at, id] : pending) {
        if (!groups_[id].announced) {
            begin_change(id, at);
        } else if (groups_[id].listening()) {
            groups_.arm_change(id, never);
        } else {
            groups_.remove(id);
        }
    }
}

// --- what is due -------------------------------------------------------------------------------

std::optional<std::int64_t> MldListener::next_deadline() const {
    std::int64_t next = std::min(general_at_.value_or(never), v1_until_.value_or(never));
    for (const MldWalk* walk : {&answers_, &rejoins_}) {
        next = std::min(next, walk->under_way() ? walk->since() : never);
    }
    for (const MldGroups::Timers* timers : {&groups_.changes(), &groups_.answers()}) {
        next = std::min(next, timers->empty() ? never : timers->begin()->first);
    }
    return next == never ? std::nullopt : std::optional(next);
}

void MldListener::advance(std::int64_t now, MldMessages& messages, std::size_t limit) {
    assert(limit >= 2);
    if (v1_until_ && *v1_until_ <= now) {
        set_v1_until(std::nullopt);
    }
    if (general_at_ && *general_at_ <= now) {
        general_at_.reset();
        answers_.begin(groups_, now);
    }
    std::size_t budget = groups_a_tick;
    rejoin(now, budget);
    MldPacker packer(messages, record_room_, limit);
    // However much changes, queries are answered.
    const bool asked = answers_.under_way() || MldGroups::due(groups_.answers(), now);
    packer.reserve(asked ? limit / 2 : 0);
    send_changes(now, packer);
    packer.grant();
    send_answers(now, packer);
    answer_general(now, budget, packer);
}

// No faster than reports leave.
void MldListener::rejoin(std::int64_t now, std::size_t& budget) {
    if (MldGroups::due(groups_.changes(), now)) {
        return;
    }
    rejoins_.go(groups_, budget, [&](Id id) {
        begin_change(id, now);
        return true;
    });
}

void MldListener::send_changes(std::int64_t now, MldPacker& packer) {
    const std::int64_t interval = v1_until_ ? unsolicited_interval_v1_ns : unsolicited_interval_ns;
    // One moment for all that are reported now, so that they stay together.
    const std::int64_t again = now + 1 + random_delay(interval);
    while (const auto id = MldGroups::due(groups_.changes(), now)) {
        MldGroups::Group& group = groups_[*id];
        if (!put_change(group, packer)) {
            return;
        }
        group.announced = true;
        --group.changes;
        if (group.changes > 0) {
            groups_.arm_change(*id, again);
        } else if (group.listening()) {
            groups_.arm_change(*id, never);
        } else {
            groups_.remove(*id);
        }
    }
}

void MldListener::send_answers(std::int64_t now, MldPacker& packer) {
    while (const auto id = MldGroups::due(groups_.answers(), now)) {
        if (!put_answer(*id, packer)) {
            return;
        }
        groups_.arm_answer(*id, never);
    }
}

// In version 2 as fast as the limits allow; in version 1 each in its own time.
void MldListener::answer_general(std::int64_t now, std::size_t& budget, MldPacker& packer) {
    answers_.go(groups_, budget, [&](Id id) {
        if (!v1_until_) {
            return packer.put(MldRecord{MldRecordType::is_exclude, groups_[id].address});
        }
        const std::int64_t most = std::max<std::int64_t>(answered_by_ - now, 0);
        groups_.arm_answer(id, std::min(groups_[id].answer_at, now + random_delay(most)));
        return true;
    });
}

bool MldListener::put_change(const MldGroups::Group& group, MldPacker& packer) const {
    const bool joined = group.listening();
    if (!v1_until_) {
        return packer.put(MldRecord{joined ? MldRecordType::to_exclude : MldRecordType::to_include,
                                    group.address});
    }
    return joined ? packer.put(MldReportV1{group.address}) : packer.put(MldDone{group.address});
}

// Of the sources asked for, those that are listened to: all, for none is excluded (RFC 3810, 6.2).
bool MldListener::put_answer(Id id, MldPacker& packer) const {
    const Ipv6Address& group = groups_[id].address;
    if (v1_until_) {
        return packer.put(MldReportV1{group});
    }
    const auto asked = groups_.asked(id);
    return packer.put(
        asked.empty() ? MldRecord{MldRecordType::is_exclude, group}
                      : MldRecord{MldRecordType::is_include, group, {asked.begin(), asked.end()}});
}

} // namespace mt6d
