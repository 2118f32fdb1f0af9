// SPDX-License-Identifier: BSD-3-Clause
// The listener's side of multicast listener discovery on one port (docs/protocol.md, section 7.3):
// RFC 3810, section 6, and with a version 1 querier on the link RFC 2710, as RFC 3810, section 8.2
// says. Pure: times and queries come in, messages come out. One thread (control).
//
// Every group is listened to from all sources. What changes is reported at once, together with all
// else that is due, and again at random within a second until the robustness is reached. An answer
// about everything walks through the groups a few at a time.
//
// Reports of others are not listened to. Version 2 suppresses none (RFC 3810, 8.2.2 allows it for
// version 1); and a switch that snoops has to hear each listener (RFC 4541).
#pragma once

#include "control/clock.hpp"
#include "control/mld_groups.hpp"
#include "control/mld_message.hpp"
#include "control/mld_packer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace mt6d {

class MldListener {
public:
    // RFC 3810, section 9, and RFC 2710, section 7. Nanoseconds of the monotonic clock, like every
    // time here.
    static constexpr unsigned default_robustness = 2;
    static constexpr std::uint32_t default_interval_s = 125;
    static constexpr std::int64_t query_response_ns = 10 * nanoseconds_per_second;
    static constexpr std::int64_t unsolicited_interval_ns = nanoseconds_per_second;
    static constexpr std::int64_t unsolicited_interval_v1_ns = 10 * nanoseconds_per_second;
    // Beyond the RFCs: messages of one advance(), and groups that it walks through.
    static constexpr std::size_t messages_a_tick = 16;
    static constexpr std::size_t groups_a_tick = 4096;

    // `capacity`: groups, those left within the last seconds among them. `mtu`: of the packets that
    // reports go into, at least 1280. `random` returns 32 uniform random bits.
    MldListener(std::size_t capacity, std::uint32_t mtu, std::function<std::uint32_t()> random);

    // Begins to listen to a group, or counts one listener more. False where there is no room. A
    // group that is never reported (is_reported_group()) needs none.
    bool join(const Ipv6Address& group, std::int64_t now);
    // Undoes one join().
    void leave(const Ipv6Address& group, std::int64_t now);

    void on_query(const MldQuery& query, std::int64_t now);
    // Another link, for all that is known: each group is reported as if just joined.
    void link_up(std::int64_t now);

    // Appends what is due: so many messages at the most, at least 2. To be called at
    // next_deadline() or soon after it.
    void advance(std::int64_t now, MldMessages& messages, std::size_t limit = messages_a_tick);
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

    [[nodiscard]] bool listens_to(const Ipv6Address& group) const;
    [[nodiscard]] std::size_t size() const { return groups_.size(); } // those being left too
    [[nodiscard]] unsigned version() const { return v1_until_ ? 1 : 2; }
    [[nodiscard]] unsigned robustness() const { return robustness_; }

private:
    using Id = MldGroups::Id;
    static constexpr std::int64_t never = MldGroups::never;

    void begin_change(Id id, std::int64_t now);
    std::int64_t random_delay(std::int64_t most) const;
    void adopt(const MldQuery& query, std::int64_t now);
    void ask_group(const MldQuery& query, std::int64_t at);
    void set_v1_until(std::optional<std::int64_t> until);
    void cancel_timers();

    void rejoin(std::int64_t now, std::size_t& budget);
    void send_changes(std::int64_t now, MldPacker& packer);
    void send_answers(std::int64_t now, MldPacker& packer);
    void answer_general(std::int64_t now, std::size_t& budget, MldPacker& packer);
    bool put_change(const MldGroups::Group& group, MldPacker& packer) const;
    bool put_answer(Id id, MldPacker& packer) const;

    std::size_t record_room_; // bytes of records that fit a report
    std::function<std::uint32_t()> random_;
    MldGroups groups_;

    unsigned robustness_ = default_robustness;
    std::uint32_t interval_s_ = default_interval_s;
    std::optional<std::int64_t> v1_until_; // Older Version Querier Present

    std::optional<std::int64_t> general_at_; // an answer about everything is due
    std::int64_t answered_by_ = 0;           // when the querier stops waiting for it
    MldWalk answers_;                        // about everything
    MldWalk rejoins_;
};

} // namespace mt6d
