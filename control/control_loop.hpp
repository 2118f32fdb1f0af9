// SPDX-License-Identifier: BSD-3-Clause
// What the control lcore does, over and over: rotation first, then news of neighbours, timers,
// and what workers are done with. Nothing here blocks.
#pragma once

#include "control/activity.hpp"
#include "control/clock.hpp"
#include "control/control_tasks.hpp"
#include "control/grace_queue.hpp"
#include "control/keepalive.hpp"
#include "control/key_exchanger.hpp"
#include "control/link_watch.hpp"
#include "control/neighborhood.hpp"
#include "control/number_keeper.hpp"
#include "control/peer_clocks.hpp"
#include "control/peer_watch.hpp"
#include "control/rotation.hpp"
#include "control/stream_changes.hpp"
#include "control/stream_facts.hpp"
#include "control/stream_table.hpp"
#include "dataplane/worker.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace mt6d {

class ControlLoop {
public:
    // `numbers`: null where no stream encrypts, `exchanger`: null where none exchanges keys. All of
    // these outlive the loop. Streams that are live are taken over.
    ControlLoop(const Clock& clock, dataplane::Forwarding& forwarding, GraceQueue& grace,
                Neighborhood& neighborhood, StreamTable& streams, NumberKeeper* numbers,
                KeyExchanger* exchanger, PeerClocks& peer_clocks,
                std::span<const std::unique_ptr<dataplane::Worker>> workers);

    // Makes every route of this moment. Before the workers start.
    void prepare_all();
    void tick();
    // How long nothing will be due, in nanoseconds, at most `tick_interval_ns`.
    [[nodiscard]] std::int64_t until_next() const;

    // Halts: nothing is taken from the ports any more, nor sent. Rotation, keys and numbers go on,
    // so that start() finds all routes of its moment.
    void stop_forwarding();
    // Goes on. Neighbours, routers and groups are asked for and told of anew, as after a link was
    // down: nobody has heard of this gateway meanwhile.
    void start_forwarding();
    [[nodiscard]] bool is_forwarding() const {
        return !forwarding_.stopped.load(std::memory_order_relaxed);
    }
    // Makes what routes the stream lacks, looks for their next hops anew, and announces them again.
    // Loses no packet. False: one cannot be made.
    bool prepare_again(std::size_t stream);

    // What there is to say of a stream.
    [[nodiscard]] StreamFacts facts(std::size_t stream) const;

    // Changes of an active salt so far. Any thread.
    [[nodiscard]] std::uint64_t rotations() const { return rotations_.value(); }

    // Turns of the loop so far. Any thread.
    [[nodiscard]] std::uint64_t ticks() const { return ticks_.value(); }

    // What other threads want done here.
    ControlTasks& tasks() { return tasks_; }
    StreamChanges& changes() { return changes_; }

    // A stream that has just been activated: from here on it has its turns, and its routes are
    // made.
    void adopt(std::size_t stream);
    void make_routes(std::size_t stream) { reconcile(stream, clock_.monotonic_ns()); }
    // One that is about to be withdrawn.
    void abandon(std::size_t stream);

    static constexpr std::int64_t tick_interval_ns = 2'000'000;

private:
    struct RotationClass {
        RotationSchedule schedule;
        std::vector<std::size_t> streams; // that rotate together
        std::size_t next = 0;             // of them, whose turn it is
        // How many had their turn since the last rotation. Negative: so many are owed one from
        // the rotation before, and theirs come first.
        std::ptrdiff_t maintained = 0;
    };

    RotationClass& class_for(std::size_t stream);
    void follow_clock(std::int64_t unix_ns, std::int64_t now);
    void prepare(RotationClass& rotation, std::int64_t now);
    void start_over(RotationClass& rotation);
    void maintain(RotationClass& rotation, std::size_t goal, std::int64_t now);
    bool reconcile(std::size_t stream, std::int64_t now);
    void retry_incomplete(std::int64_t now);
    void publish(const RotationClass& rotation);
    void hear_workers(std::int64_t now);
    void visit_streams(std::int64_t now);
    void visit(std::size_t stream, std::int64_t now);
    void watch_peer(std::size_t stream, std::int64_t now);
    void keep_alive(std::size_t stream, std::int64_t now);
    void send_control_packet(std::size_t stream);
    void follow_links(std::int64_t now);
    void meet_link(dataplane::Side side, std::int64_t now);
    void release_replaced(std::span<const AdjacencyId> replaced);
    void sweep(std::int64_t now);
    void measure_host_mtu(std::size_t stream);

    const Clock& clock_;
    dataplane::Forwarding& forwarding_;
    GraceQueue& grace_;
    Neighborhood& neighborhood_;
    StreamTable& streams_;
    NumberKeeper* numbers_;
    KeyExchanger* exchanger_;
    PeerClocks& peer_clocks_;
    std::span<const std::unique_ptr<dataplane::Worker>> workers_;

    ClockWatch watch_;
    std::vector<RotationClass> rotations_by_time_;
    std::deque<std::size_t> incomplete_; // streams that lack a route, each once
    std::vector<bool> is_incomplete_;    // by slot: whether it is among them
    std::size_t retries_left_ = 0;       // in this round over them
    std::int64_t next_retry_ = 0;
    std::vector<std::uint32_t> places_; // by slot, as are these: in its RotationClass::streams
    std::vector<KeepAlive> keep_alives_;
    std::vector<Activity> activities_;
    std::vector<PeerWatch> peer_watches_;
    std::size_t next_visit_ = 0;
    std::int64_t last_visit_ = 0;
    LinkWatch links_;
    std::size_t to_announce_ = 0;               // streams, from the last one down
    std::size_t to_renew_ = 0;                  // likewise: their next hops
    std::uint32_t smallest_inner_ = UINT32_MAX; // MTU of the streams visited in this round
    Counter rotations_;
    StreamChanges changes_;
    Counter ticks_;
    ControlTasks tasks_;
};

} // namespace mt6d
