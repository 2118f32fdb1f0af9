// SPDX-License-Identifier: BSD-3-Clause
// The streams as workers see them: contexts, the routes of each session key that a stream has
// (docs/protocol.md, section 9: an epoch), and the addresses answered for. Prepares and ends the
// routes of one stream at a time; when, the control loop says. Control lcore alone.
#pragma once

#include "control/chunk_pool.hpp"
#include "control/config/config.hpp"
#include "control/grace_queue.hpp"
#include "control/hashed_address.hpp"
#include "control/neighborhood.hpp"
#include "control/rotation.hpp"
#include "control/stream_keys.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/result.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace mt6d {

class StreamTable {
public:
    // `rotation_times`: those of the streams, in the order of ActiveSalts. `config` and `keys`
    // outlive the table.
    static Result<std::unique_ptr<StreamTable>>
    create(const config::Config& config, const Clock& clock, dataplane::Forwarding& forwarding,
           GraceQueue& grace, Neighborhood& neighborhood, StreamKeys& keys,
           std::span<const std::uint32_t> rotation_times);
    // Precondition: no worker runs, and the grace queue is drained.
    ~StreamTable() = default;

    [[nodiscard]] std::size_t size() const { return records_.size(); }
    [[nodiscard]] const config::Stream& stream(std::size_t i) const { return *records_[i].stream; }
    [[nodiscard]] StreamContext& context(std::size_t i) const { return contexts_[i]; }
    [[nodiscard]] const StreamCounters& counters(std::size_t i) const { return counters_[i]; }

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
    [[nodiscard]] bool holds(std::size_t i, std::uint32_t epoch) {
        return find(i, epoch) != nullptr;
    }
    // Whether a packet of now that leaves with this epoch gets anywhere: its route is made, its
    // next hop known, its number on the disk.
    [[nodiscard]] bool can_send(std::size_t i, std::uint32_t epoch);
    // What workers know of the key of an epoch; null where it is not held, or they know nothing.
    const OpenState* opened(std::size_t i, std::uint32_t epoch);

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
    };
    // Hashed addresses of a salt to come, not to be spoken of inside.
    struct Foreseen {
        Salt salt;
        Ipv6Address local;
        Ipv6Address remote;
    };
    // What there is of one session key.
    struct Epoch {
        std::uint32_t epoch = 0;
        const config::SessionKey* session_key = nullptr;
        std::unique_ptr<const config::SessionKey> own_key; // unless it is the configured one
        EpochKeys* keys = nullptr;                         // null: cipher none, and no key exchange
        RouteSlots* slots = nullptr;                       // null: not sendable
        std::vector<Held> held;                            // by salt, oldest first
        std::vector<Foreseen> foreseen;                    // in no order
    };
    struct Record {
        const config::Stream* stream;
        std::vector<Epoch> epochs; // epoch 0 first
    };

    StreamTable(const config::Config& config, const Clock& clock, dataplane::Forwarding& forwarding,
                GraceQueue& grace, Neighborhood& neighborhood, StreamKeys& keys);
    void fill_context(std::size_t i, std::span<const std::uint32_t> rotation_times);
    Result<> hold_configured_key(std::size_t i);
    Result<> publish_true_pairs();
    Result<> answer_for_hosts();
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
    bool answer_for(Epoch& epoch, const Held& held);
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
    std::vector<Record> records_;
    std::unique_ptr<StreamContext[]> contexts_;
    std::unique_ptr<StreamCounters[]> counters_;
    std::unique_ptr<StreamEpochs[]> epochs_; // null: no stream exchanges keys
    std::uint16_t link_mtu_;                 // the external one
    std::uint32_t link_ = 1;                 // which one it is: it was down so often
    bool announcements_missing_ = false;
    ChunkPool<RouteContext> routes_{1024};
    ChunkPool<RouteSlots> slots_{256};
};

// Routes that one stream holds at a time: live ones and the prepared one.
constexpr std::size_t routes_held(const config::StreamOptions& options) {
    return options.lifetime / options.rotation + 2;
}

} // namespace mt6d
