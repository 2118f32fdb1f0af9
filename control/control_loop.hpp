// SPDX-License-Identifier: BSD-3-Clause
// What the control lcore does, over and over: rotation first, then news of neighbours, timers,
// and what workers are done with. Nothing here blocks.
#pragma once

#include "control/clock.hpp"
#include "control/grace_queue.hpp"
#include "control/keepalive.hpp"
#include "control/key_exchanger.hpp"
#include "control/link_watch.hpp"
#include "control/neighborhood.hpp"
#include "control/number_keeper.hpp"
#include "control/peer_clocks.hpp"
#include "control/rotation.hpp"
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
    // `rotation_times`: in the order of ActiveSalts. `numbers`: null where no stream encrypts,
    // `exchanger`: null where none exchanges keys. All of these outlive the loop.
    ControlLoop(const Clock& clock, dataplane::Forwarding& forwarding, GraceQueue& grace,
                Neighborhood& neighborhood, StreamTable& streams, NumberKeeper* numbers,
                KeyExchanger* exchanger, PeerClocks& peer_clocks,
                std::span<const std::uint32_t> rotation_times,
                std::span<const std::unique_ptr<dataplane::Worker>> workers);

    // Makes every route of this moment. Before the workers start.
    void prepare_all();
    void tick();
    // How long nothing will be due, in nanoseconds, at most `tick_interval_ns`.
    [[nodiscard]] std::int64_t until_next() const;

    // Changes of an active salt so far. Any thread.
    [[nodiscard]] std::uint64_t rotations() const { return rotations_.value(); }

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

    void follow_clock(std::int64_t unix_ns, std::int64_t now);
    void start_over(RotationClass& rotation);
    void maintain(RotationClass& rotation, std::size_t goal, std::int64_t now);
    void reconcile(std::size_t stream, std::int64_t now);
    void retry_incomplete(std::int64_t now);
    void publish(const RotationClass& rotation);
    void hear_workers(std::int64_t now);
    void visit_streams(std::int64_t now);
    void keep_alive(std::size_t stream, std::int64_t now);
    void send_control_packet(std::size_t stream);
    void follow_links(std::int64_t now);
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
    std::vector<bool> is_incomplete_;    // each stream: whether it is among them
    std::size_t retries_left_ = 0;       // in this round over them
    std::int64_t next_retry_ = 0;
    std::vector<KeepAlive> keep_alives_;
    std::size_t next_visit_ = 0;
    std::int64_t last_visit_ = 0;
    LinkWatch links_;
    std::size_t to_announce_ = 0;               // streams, from the last one down
    std::size_t to_renew_ = 0;                  // likewise: their next hops
    std::uint32_t smallest_inner_ = UINT32_MAX; // MTU of the streams visited in this round
    Counter rotations_;
};

} // namespace mt6d
