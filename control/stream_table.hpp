// SPDX-License-Identifier: BSD-3-Clause
// The streams as workers see them: contexts, the routes of each session key that a stream has
// (docs/protocol.md, section 9: an epoch), and the addresses answered for. Prepares and ends the
// routes of one stream at a time; when, the control loop says. Control lcore alone, but for what is
// marked.
//
// Streams come and go while workers run. Each has a slot, whose number is its id:
//
//     stage()     its keys are made ready. Nobody knows of it; whatever can fail for want of memory
//     publish()   hosts' packets find it, and its hosts are answered for: the last that can fail
//     activate()  it takes its numbers; from here on reconcile() makes its routes
//     withdraw()  nothing is sent and received with it any more, once workers are past it:
//     is_quiet() retire()    what it had is given back, and in a while its slot is free
#pragma once

#include "control/chunk_pool.hpp"
#include "control/config/config.hpp"
#include "control/grace_queue.hpp"
#include "control/hashed_address.hpp"
#include "control/large_array.hpp"
#include "control/neighborhood.hpp"
#include "control/rotation.hpp"
#include "control/rotation_times.hpp"
#include "control/stream_id.hpp"
#include "control/stream_keys.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/result.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace mt6d {

// A route as others may know it.
struct HeldRoute {
    std::uint32_t epoch = 0;
    bool sent_on = false; // packets leave with this epoch
    Salt salt = 0;
    HashedAddress local;
    Ipv6Address remote;                  // hashed
    std::optional<AdjacencyId> next_hop; // none: nothing is sent with it
};

class StreamTable {
public:
    // For so many streams at a time. `exchange`: whether one may exchange keys. `keys` outlives the
    // table.
    StreamTable(std::size_t slots, bool exchange, const Clock& clock,
                dataplane::Forwarding& forwarding, GraceQueue& grace, Neighborhood& neighborhood,
                StreamKeys& keys);
    // Precondition: no worker runs, and the grace queue is drained.
    ~StreamTable() = default;
    StreamTable(const StreamTable&) = delete;
    StreamTable& operator=(const StreamTable&) = delete;

    // --- streams that come and go (control/stream_slots.cpp) ----------------------------------

    // Slots that have a stream, or had one a moment ago, are below this one.
    [[nodiscard]] std::size_t end() const { return end_; }
    [[nodiscard]] std::size_t capacity() const { return records_.size(); }
    [[nodiscard]] std::size_t free_slots() const {
        return free_slots_.size() + (records_.size() - end_);
    }
    // Activated, and not withdrawn.
    [[nodiscard]] bool is_live(std::size_t i) const { return records_[i].state == State::live; }
    [[nodiscard]] StreamId id(std::size_t i) const {
        return {static_cast<std::uint32_t>(i), generations_[i].load(std::memory_order_relaxed)};
    }
    [[nodiscard]] bool is_live(StreamId id) const { return is_live(id.slot) && is_now(id); }
    // Any thread: whether the slot has not become another stream's.
    [[nodiscard]] bool is_now(StreamId id) const {
        return generations_[id.slot].load(std::memory_order_acquire) == id.generation;
    }

    // Returns its slot. An error: no key can be made of it, or there is no slot.
    Result<std::size_t> stage(config::StreamPtr stream);
    // There is no free slot, and will be soon.
    [[nodiscard]] bool awaits_slot() const {
        return free_slots_.empty() && end_ == records_.size() && !cooling_.empty();
    }
    // An error: no room, and nothing of it is published. Precondition: staged.
    Result<> publish(std::size_t i);
    // Instead of publish(): takes the place of one for the same two hosts, which is withdrawn and
    // was kept in the way of their packets. No packet of theirs is unprotected in between.
    void publish_instead(std::size_t i, std::size_t before);
    // Precondition: no other stream that is not retired has its session key and hosts.
    void activate(std::size_t i);
    // At any state before this one. `keep_pair`: hosts' packets are dropped, until another stream
    // takes its place; else they are unprotected traffic.
    enum class Pair : std::uint8_t { keep, remove };
    void withdraw(std::size_t i, Pair pair);
    [[nodiscard]] bool is_quiet(std::size_t i) const { return records_[i].state == State::quiet; }
    // Others may have its numbers: what is left of them. Precondition: quiet.
    void give_numbers_back(std::size_t i);
    // Precondition: quiet, and another stream has its place if its pair was kept.
    void retire(std::size_t i);
    // Options that may change while packets flow: `stream` differs from the slot's in nothing else.
    void alter(std::size_t i, config::StreamPtr stream);
    // Each tick: slots that are over become free, once no event of a worker can name them.
    void advance();
    static constexpr std::uint64_t cooling_ticks = 64;

    [[nodiscard]] const config::Stream& stream(std::size_t i) const { return *records_[i].stream; }
    [[nodiscard]] const config::StreamPtr& stream_ptr(std::size_t i) const {
        return records_[i].stream;
    }
    // Any thread.
    [[nodiscard]] StreamContext& context(std::size_t i) const { return contexts_[i]; }
    [[nodiscard]] const StreamCounters& counters(std::size_t i) const { return counters_[i]; }

    // --- of a stream that is live -------------------------------------------------------------

    // Makes the stream's routes those of the window of `active`: missing ones are made, others
    // end. False where one could not be made; what is missing is tried again the next time.
    bool reconcile(std::size_t i, Salt active, std::int64_t now);
    // Looks for the next hops of what is sent with anew: what is on-link has changed.
    // Those that are no longer needed, once no worker sends to them, are appended to `replaced`.
    void renew_next_hops(std::size_t i, std::int64_t now, std::vector<AdjacencyId>& replaced);
    // The external link may be another one: all that was announced has to be again.
    void forget_announcements() { ++link_; }
    // Announces those hashed addresses of the stream that are sent to, now or soon, and have not
    // been.
    void announce(std::size_t i);
    // Likewise of one stream.
    void forget_announcements(std::size_t i);
    // Whether there was no room to announce an address since the last call: it is to be looked for.
    bool take_announcements_missing() { return std::exchange(announcements_missing_, false); }
    // What the external link carries, by its routers' MTU option: bytes, no more than the port does
    // and no less than IPv6 demands. Each stream follows when it is visited.
    void set_link_mtu(std::uint32_t mtu);
    // The stream's path MTU follows the link's, and forgets what a Packet Too Big said 10 minutes
    // ago (section 8). About once a second; `now` in nanoseconds, of the monotonic clock.
    void follow_path_mtu(std::size_t i, std::int64_t now) {
        contexts_[i].path_mtu.follow(link_mtu_,
                                     static_cast<std::uint32_t>(now / nanoseconds_per_second));
    }
    // Takes out of use each header template whose salt is not one that `active` sends or prepares.
    // A grace period later reconcile() may write them.
    void invalidate_slots(std::size_t i, Salt active);

    // Once a second: records what was accepted.
    void check_numbers(std::size_t i);

    // Another session key: its routes are received on as reconcile() makes them; at first nothing
    // is sent with it. Precondition: the epoch is not held. After an error it still is not.
    Result<> hold(std::size_t i, std::uint32_t epoch, const config::SessionKey& key);
    // Whether reconcile() makes what is needed to send with this epoch, which is held.
    // Precondition: packets do not leave with it.
    void set_sendable(std::size_t i, std::uint32_t epoch, bool sendable);
    // What leaves from now on leaves with this epoch. Precondition: it is held, and sendable.
    void send_on(std::size_t i, std::uint32_t epoch);
    // Ends this epoch; of epoch 0 all but what key exchange needs. Precondition: it is held, and
    // packets do not leave with it. What is recorded of its numbers, if anything, is for
    // forget_numbers(), once the disk does not have its key any more.
    std::optional<NumberKeeper::Record> drop(std::size_t i, std::uint32_t epoch);
    void forget_numbers(NumberKeeper::Record record) { keys_.forget(record); }
    // What is recorded of its exchanged keys, those of epochs above 0.
    [[nodiscard]] std::vector<NumberKeeper::Record> exchanged_numbers(std::size_t i) const;
    [[nodiscard]] bool holds(std::size_t i, std::uint32_t epoch) {
        return find(i, epoch) != nullptr;
    }
    // Whether a packet of now that leaves with this epoch gets anywhere: its route is made, its
    // next hop known, its number on the disk.
    [[nodiscard]] bool can_send(std::size_t i, std::uint32_t epoch);
    // What workers know of the key of an epoch; null where it is not held, or they know nothing.
    const OpenState* opened(std::size_t i, std::uint32_t epoch);

    // All routes that the stream holds, in the order of their making.
    [[nodiscard]] std::vector<HeldRoute> routes(std::size_t i) const;

    // After the grace period of the end of any of these.
    void release(const Retired& retired);

private:
    struct Held {
        Salt salt;
        HashedAddress local;
        Ipv6Address remote;                  // hashed
        std::optional<AdjacencyId> next_hop; // once something may be sent with it
        RouteContext* route;
        std::uint32_t announced_on = 0; // the external link as it was then
        bool is_answered = false;       // outside: where the network does not route it here
        bool is_hidden = false;         // inside: where its prefix is not known to be the peer's
    };
    // Hashed addresses of a salt to come, not to be spoken of inside.
    struct Foreseen {
        Salt salt;
        Ipv6Address local;
        Ipv6Address remote;
        bool is_hidden = false; // the remote one: not by its prefix already
    };
    // What there is of one session key.
    struct Epoch {
        std::uint32_t epoch = 0;
        std::shared_ptr<const config::SessionKey> session_key;
        EpochKeys* keys = nullptr;      // null: cipher none, and no key exchange
        RouteSlots* slots = nullptr;    // null: not sendable
        std::vector<Held> held;         // by salt, oldest first
        std::vector<Foreseen> foreseen; // in no order
    };
    enum class State : std::uint8_t { free, staged, live, withdrawn, quiet, retired };
    struct Record {
        config::StreamPtr stream;
        std::vector<Epoch> epochs; // epoch 0 first
        State state = State::free;
        bool is_published = false;
        bool was_disabled = false; // by the operator, when it was withdrawn
    };
    // A slot that is over, until no event of a worker can name it any more.
    struct Cooling {
        std::size_t slot;
        std::uint64_t until; // tick
    };

    // control/stream_slots.cpp
    void past_workers(std::size_t i);
    std::optional<std::size_t> take_slot();
    void free_slot(std::size_t i);
    void fill_context(std::size_t i, std::uint8_t rotation);
    void set_options(std::size_t i);
    Result<> make_configured_key(std::size_t i);
    bool answer_for_hosts(const config::Stream& stream);
    void forget_hosts(const config::Stream& stream);

    [[nodiscard]] static bool needs_keys(const config::Stream& stream);
    void make_sendable(std::size_t i, Epoch& epoch);
    Epoch* find(std::size_t i, std::uint32_t epoch);
    [[nodiscard]] bool sends_on(std::size_t i, std::uint32_t epoch);
    void show_to_workers(std::size_t i, const Epoch& epoch);
    void hide_from_workers(std::size_t i, const Epoch& epoch);

    // control/stream_routes.cpp
    bool reconcile(std::size_t i, Epoch& epoch, Salt active, std::int64_t now);
    bool prepare(std::size_t i, Epoch& epoch, Salt salt);
    [[nodiscard]] std::optional<AdjacencyId> next_hop_in_use(std::size_t i, Salt salt) const;
    bool fill_slot(std::size_t i, Epoch& epoch, Salt salt, std::int64_t now);
    void end(Epoch& epoch, const Held& held);
    void end_all(Epoch& epoch);
    bool answer_for(Epoch& epoch, Held& held);
    void foresee(const config::Stream& stream, Epoch& epoch, Salt salt);
    template <class Condition>
    void forget_foreseen(Epoch& epoch, Condition shall_end);
    void forget(const Held& held);
    void announce(Held& held);
    const AddressHasher& hasher(config::Hash hash) const {
        return hashers_[static_cast<std::size_t>(hash)];
    }

    const Clock& clock_;
    dataplane::Forwarding& forwarding_;
    GraceQueue& grace_;
    Neighborhood& neighborhood_;
    NextHops& next_hops_;
    StreamKeys& keys_;
    std::array<AddressHasher, 3> hashers_;
    std::vector<Record> records_; // by slot, as are these:
    std::unique_ptr<std::atomic<std::uint32_t>[]> generations_;
    LargeArray<StreamContext> contexts_;
    LargeArray<StreamCounters> counters_;
    std::unique_ptr<StreamEpochs[]> epochs_; // null: no stream exchanges keys
    std::size_t end_ = 0;
    std::vector<std::size_t> free_slots_; // below end_
    std::deque<Cooling> cooling_;
    std::uint64_t ticks_ = 0;
    RotationTimes rotation_times_;
    std::uint16_t link_mtu_; // the external one
    std::uint32_t link_ = 1; // which one it is: it was down so often
    bool announcements_missing_ = false;
    ChunkPool<RouteContext> routes_{1024};
    ChunkPool<RouteSlots> slots_{256};
};

} // namespace mt6d
