// SPDX-License-Identifier: BSD-3-Clause
// The external side's neighbour cache: next hops, resolved and watched as RFC 4861 sections 7.2,
// 7.3 and appendix C say. Pure: times and messages come in, actions come out; whoever calls it
// builds the solicitations and writes the dataplane's adjacency table. One thread (control).
//
// Where docs/protocol.md section 7 asks for more than the RFC:
// - Only what the gateway itself asked for has an entry; messages create none (7.6). Entries that
//   routes refer to stay as long as those. Strangers, whom unprotected packets want to go to
//   (section 10), are few: the one of longest ago makes room, one that never answered before one
//   that did.
// - A new next hop that has not answered is sent to at a MAC lent by the caller, while it is
//   solicited (7.4). That loan ends with an answer and not before: a peer whose clock is behind
//   answers for the address late, and what is sent to it until then must not be lost.
// - A neighbour that fails keeps its entry and is solicited for as long as someone needs it,
//   every second if packets want to go there, so that a restarted one is found at once.
#pragma once

#include "control/clock.hpp"
#include "control/neighbor.hpp"

#include <mt6d/address.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace mt6d {

class NeighborCache {
public:
    // RFC 4861, section 10. Nanoseconds of the monotonic clock, like every time here.
    static constexpr std::int64_t retransmit_ns = nanoseconds_per_second;
    static constexpr std::int64_t delay_first_probe_ns = 5 * nanoseconds_per_second;
    static constexpr std::int64_t base_reachable_ns = 30 * nanoseconds_per_second;
    static constexpr unsigned max_multicast_solicit = 3;
    static constexpr unsigned max_unicast_solicit = 3;
    // Beyond the RFC: how seldom a silent neighbour that nobody uses is solicited in the end.
    static constexpr std::int64_t max_retry_ns = 8 * nanoseconds_per_second;

    // Ids are below `capacity`. There are at most `strangers` of those, who take twice as many ids
    // at the most: one that is gone keeps its id until recycle(). `random` returns
    // 32 uniform random bits, which spread the reachable time over 0.5 to 1.5 of its base (anew at
    // each confirmation, so that neighbours resolved together are not probed together).
    NeighborCache(std::size_t capacity, std::function<std::uint32_t()> random,
                  std::size_t strangers = 0);

    // Adds a configured neighbour, for good. None if the cache is full or has the address.
    std::optional<AdjacencyId> add_permanent(const Ipv6Address& address, const MacAddress& mac,
                                             NeighborActions& actions);

    // A route needs this next hop: each call counts as one reference, for release() to undo.
    // The first begins to resolve it. `previous` is lent to an entry without a MAC: that of the
    // next hop which the stream's preceding route uses, where both are on-link.
    // None if the cache is full.
    std::optional<AdjacencyId> resolve(const Ipv6Address& address, std::int64_t now,
                                       std::optional<MacAddress> previous,
                                       NeighborActions& actions);

    // A route ended: undoes one resolve(). With the last reference the entry goes, and its id is
    // returned: the caller gives it to recycle() when no worker can use it any more. Until then
    // nothing else gets that id.
    std::optional<AdjacencyId> release(AdjacencyId id);
    void recycle(AdjacencyId id);

    // An unprotected packet wants to go to this address, which may have no entry: a stranger's
    // begins.
    void want(const Ipv6Address& address, std::int64_t now, NeighborActions& actions);

    // What routers advertise (RFC 4861, 6.3.4), from now on; 0: as the RFC has it.
    void set_timers(std::uint32_t reachable_ms, std::uint32_t retransmit_ms);

    // The link was down: each neighbour with a MAC is probed, as after its last one. advance() does
    // it, so many of them in each call.
    void probe_all(std::int64_t now);
    static constexpr std::size_t probed_a_call = 1024;

    void on_advertisement(const Advertisement& advertisement, std::int64_t now,
                          NeighborActions& actions);
    // Someone solicited us and said who it is; `source` is not the unspecified address.
    void on_solicitation(const Ipv6Address& source, const MacAddress& source_mac,
                         NeighborActions& actions);
    // A router advertised itself, with its MAC or without (RFC 4861, 6.3.4). A MAC that is news is
    // STALE, and probed in any case: a router has to answer.
    void on_router_advertisement(const Ipv6Address& router, const std::optional<MacAddress>& mac,
                                 std::int64_t now, NeighborActions& actions);
    // A packet was sent to this neighbour, or was to be sent. Matters, and is to be reported,
    // while the adjacency is unconfirmed or failed; once a second is often enough. A report that
    // comes after the entry's end is ignored.
    void used(AdjacencyId id, std::int64_t now, NeighborActions& actions);

    // A solicitation of this target that an action asked for could not be sent: it does not count,
    // and is due again at once, after what is due already.
    void not_sent(const Ipv6Address& target, std::int64_t now);

    // Does what is due, of so many neighbours at the most, the longest due first. To be called at
    // next_deadline() or soon after it.
    void advance(std::int64_t now, NeighborActions& actions, std::size_t limit = SIZE_MAX);
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

    // Precondition: an entry has this id, or had it last.
    [[nodiscard]] const Ipv6Address& address(AdjacencyId id) const { return entries_[id].address; }
    [[nodiscard]] std::optional<Neighbor> find(const Ipv6Address& address) const;
    [[nodiscard]] std::size_t size() const { return ids_.size(); }
    // Appends those known among the ids from `first` on, of which it looks at `most`. Returns where
    // to go on; none: that was all.
    std::optional<AdjacencyId> list(AdjacencyId first, std::size_t most,
                                    std::vector<KnownNeighbor>& to) const;

private:
    enum class Slot : std::uint8_t { free, occupied, released };
    struct Entry {
        AdjacencyId id = 0;
        Slot slot = Slot::free;
        NeighborState state = NeighborState::incomplete;
        bool is_router = false;
        bool stranger = false;
        std::uint8_t solicits = 0; // sent in this state, as far as it matters
        std::uint32_t references = 0;
        Ipv6Address address;
        std::optional<MacAddress> mac;
        std::int64_t retry = 0;                    // from the last solicitation to the next
        std::int64_t deadline = never;             // of the state's timer
        std::optional<AdjacencyChanged> published; // what the dataplane was told last
        std::list<AdjacencyId>* among = nullptr;   // strangers alone: which of the two lists
        std::list<AdjacencyId>::iterator place;    // there
    };
    static constexpr std::int64_t never = INT64_MAX;

    Entry* create(const Ipv6Address& address, NeighborState state);
    Entry* find_changeable(const Ipv6Address& address);
    static bool is_unresolved(const Entry& entry);
    void arm(Entry& entry, std::int64_t deadline);
    void confirm(Entry& entry, std::int64_t now);
    void make_stale(Entry& entry);
    void fail(Entry& entry, std::int64_t now, NeighborActions& actions);
    void solicit(Entry& entry, std::int64_t now, NeighborActions& actions);
    void probe(Entry& entry, std::int64_t now, NeighborActions& actions);
    void probe_some(std::int64_t now);
    void retry_soon(Entry& entry, std::int64_t now);
    void expire(Entry& entry, std::int64_t now, NeighborActions& actions);
    static void publish(Entry& entry, NeighborActions& actions);
    void put_last(Entry& entry, std::list<AdjacencyId>& among);
    static void leave_list(Entry& entry);
    void give_back(Entry& entry);
    void make_room(NeighborActions& actions);
    void remove(Entry& entry, NeighborActions& actions);

    std::size_t capacity_;
    std::function<std::uint32_t()> random_;
    std::int64_t reachable_ = base_reachable_ns;
    std::int64_t retransmit_ = retransmit_ns;
    std::deque<Entry> entries_; // by id; a deque, so that growing it moves nothing
    std::vector<AdjacencyId> free_ids_;
    std::unordered_map<Ipv6Address, AdjacencyId> ids_;
    std::set<std::pair<std::int64_t, AdjacencyId>> timers_; // one for each armed entry
    std::size_t to_probe_ = 0;                              // ids below this: the link was down
    std::int64_t to_probe_since_ = 0;
    std::size_t most_strangers_;
    std::size_t stranger_ids_ = 0;      // taken, those in their grace period too
    std::list<AdjacencyId> unanswered_; // strangers that never answered, the oldest first
    std::list<AdjacencyId> answered_;   // other strangers, the one used longest ago first
};

} // namespace mt6d
