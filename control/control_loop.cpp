// SPDX-License-Identifier: BSD-3-Clause
#include "control/control_loop.hpp"

#include "control/events/event_log.hpp"
#include "control/log.hpp"
#include "control/packets.hpp"
#include "control/take_events.hpp"

#include <rte_mbuf.h>

#include <algorithm>

namespace mt6d {
namespace {

// Streams prepared in one tick at the most: about a millisecond.
constexpr std::ptrdiff_t preparations_a_tick = 256;
// Events taken from one worker in one tick.
constexpr std::size_t events_a_tick = 512;
// Each may cost a key agreement, 60 us or so: a flood of them must not keep the rotation waiting.
constexpr std::size_t key_messages_a_tick = 8;
static_assert(key_messages_a_tick * StreamTable::cooling_ticks >= dataplane::key_queue_size,
              "no message is taken for one of the stream that has the slot next");
// Each stream is visited once in this time.
constexpr std::int64_t visit_round_ns = nanoseconds_per_second;
constexpr std::int64_t retry_interval_ns = nanoseconds_per_second;

} // namespace

ControlLoop::ControlLoop(const Clock& clock, dataplane::Forwarding& forwarding, GraceQueue& grace,
                         Neighborhood& neighborhood, StreamTable& streams, NumberKeeper* numbers,
                         KeyExchanger* exchanger, PeerClocks& peer_clocks,
                         std::span<const std::unique_ptr<dataplane::Worker>> workers)
    : clock_(clock), forwarding_(forwarding), grace_(grace), neighborhood_(neighborhood),
      streams_(streams), numbers_(numbers), exchanger_(exchanger), peer_clocks_(peer_clocks),
      workers_(workers), is_incomplete_(streams.capacity()), places_(streams.capacity()),
      keep_alives_(streams.capacity()), activities_(streams.capacity()),
      peer_watches_(streams.capacity()), links_({forwarding.ports[0].id, forwarding.ports[1].id}),
      changes_(*this, neighborhood, streams, exchanger) {
    rotations_by_time_.reserve(max_rotation_times);
    for (std::size_t i = 0; i < streams.end(); ++i) {
        adopt(i);
    }
    if (exchanger_ != nullptr) {
        exchanger_->on_routes_changed(
            [this](std::size_t stream) { reconcile(stream, clock_.monotonic_ns()); });
    }
}

void ControlLoop::prepare_all() {
    const std::int64_t now = clock_.monotonic_ns();
    for (std::size_t i = 0; i < streams_.end(); ++i) {
        measure_host_mtu(i);
    }
    watch_.observe(clock_.unix_ns(), now);
    for (RotationClass& rotation : rotations_by_time_) {
        rotation.schedule.update(clock_.unix_ns());
        prepare(rotation, now);
    }
    // A million streams may take longer than a rotation: what has begun meanwhile is made too.
    for (bool moved = true; moved;) {
        moved = false;
        grace_.advance();
        for (RotationClass& rotation : rotations_by_time_) {
            if (rotation.schedule.update(clock_.unix_ns())) {
                prepare(rotation, clock_.monotonic_ns());
                moved = true;
            }
        }
    }
}

void ControlLoop::prepare(RotationClass& rotation, std::int64_t now) {
    publish(rotation);
    const std::size_t streams = rotation.streams.size();
    rotation.maintained = 0; // also of a gateway that is started again
    while (rotation.maintained < static_cast<std::ptrdiff_t>(streams)) {
        maintain(rotation, streams, now);
    }
}

void ControlLoop::tick() {
    const std::int64_t now = clock_.monotonic_ns();
    follow_clock(clock_.unix_ns(), now);
    hear_workers(now);
    follow_links(now);
    neighborhood_.advance(now);
    sweep(now);
    visit_streams(now);
    retry_incomplete(now);
    grace_.advance();
    streams_.advance();
    if (numbers_ != nullptr) {
        numbers_->advance();
    }
    if (exchanger_ != nullptr) {
        exchanger_->advance();
    }
    changes_.advance();
    tasks_.advance();
    ticks_.add();
}

std::int64_t ControlLoop::until_next() const {
    if (changes_.is_busy()) {
        return 0;
    }
    std::int64_t until = tick_interval_ns;
    const std::int64_t unix_ns = clock_.unix_ns();
    for (const RotationClass& rotation : rotations_by_time_) {
        const std::size_t goal = rotation.schedule.prepared_goal(rotation.streams.size());
        if (rotation.maintained < static_cast<std::ptrdiff_t>(goal)) {
            return 0; // streams are owed a turn
        }
        until = std::min(until, rotation.schedule.next_boundary_ns() - unix_ns);
    }
    return std::max<std::int64_t>(until, 0);
}

// --- rotation (docs/protocol.md, section 3) ---------------------------------------------------

void ControlLoop::follow_clock(std::int64_t unix_ns, std::int64_t now) {
    // The boundary first: every stream of the rotation time changes with this.
    bool changed = false;
    std::vector<RotationClass*> jumped;
    for (RotationClass& rotation : rotations_by_time_) {
        const Salt before = rotation.schedule.active();
        if (!rotation.schedule.update(unix_ns)) {
            continue;
        }
        changed = true;
        if (rotation.streams.empty()) {
            publish(rotation);
            continue;
        }
        rotations_.add();
        events::record(events::Rotation{.salt = rotation.schedule.active(),
                                        .rotation = rotation.schedule.rotation(),
                                        .streams = rotation.streams.size()});
        if (rotation.schedule.active() == before + 1) {
            publish(rotation);
            const auto streams = static_cast<std::ptrdiff_t>(rotation.streams.size());
            rotation.maintained = std::max(rotation.maintained - streams, -streams);
        } else {
            jumped.push_back(&rotation);
        }
    }
    if (const auto step = watch_.observe(unix_ns, now)) {
        const double seconds =
            static_cast<double>(*step) / static_cast<double>(nanoseconds_per_second);
        log::warning("clock", "the clock was set {:+.3f} s; routes follow it", seconds);
        events::record(events::Alarm{events::AlarmKind::clock_step, {}, seconds});
    }
    for (RotationClass* const rotation : jumped) {
        start_over(*rotation);
    }
    if (changed) {
        // No worker is left with a salt of before: its template may be written. Two boundaries
        // may lie close together, if the clock is set.
        grace_.synchronize();
    }
    for (RotationClass& rotation : rotations_by_time_) {
        maintain(rotation, rotation.schedule.prepared_goal(rotation.streams.size()), now);
    }
}

// The clock was set beyond what is prepared: everything is made anew, one stream after another
// without a pause. Until it is, a stream's packets have no route.
void ControlLoop::start_over(RotationClass& rotation) {
    for (const std::size_t i : rotation.streams) {
        streams_.invalidate_slots(i, rotation.schedule.active());
    }
    publish(rotation);
    rotation.maintained = -static_cast<std::ptrdiff_t>(rotation.streams.size());
    log::info("rotation", "{} streams that rotate every {} s start over at salt {}",
              rotation.streams.size(), rotation.schedule.rotation(), rotation.schedule.active());
}

void ControlLoop::maintain(RotationClass& rotation, std::size_t goal, std::int64_t now) {
    const std::ptrdiff_t until =
        std::min(static_cast<std::ptrdiff_t>(goal), rotation.maintained + preparations_a_tick);
    for (; rotation.maintained < until; ++rotation.maintained) {
        const std::size_t stream = rotation.streams[rotation.next];
        rotation.next = (rotation.next + 1) % rotation.streams.size();
        reconcile(stream, now);
    }
}

bool ControlLoop::reconcile(std::size_t stream, std::int64_t now) {
    if (!streams_.is_live(stream)) {
        return true; // it went while it waited for its turn
    }
    const RotationClass& rotation = rotations_by_time_[streams_.context(stream).rotation];
    const bool complete = streams_.reconcile(stream, rotation.schedule.active(), now);
    if (!complete && !is_incomplete_[stream]) {
        is_incomplete_[stream] = true;
        incomplete_.push_back(stream);
    }
    return complete;
}

// Routes that could not be made: no room, or no router yet.
void ControlLoop::retry_incomplete(std::int64_t now) {
    if (retries_left_ == 0 && !incomplete_.empty() && now >= next_retry_) {
        next_retry_ = now + retry_interval_ns;
        retries_left_ = incomplete_.size();
        log::warning("rotation", "{} streams lack a route: no next hop, or no room",
                     incomplete_.size());
    }
    for (std::ptrdiff_t i = 0; i < preparations_a_tick && retries_left_ > 0; ++i) {
        const std::size_t stream = incomplete_.front();
        incomplete_.pop_front();
        --retries_left_;
        is_incomplete_[stream] = false;
        reconcile(stream, now); // one that still lacks a route goes to the end
    }
}

void ControlLoop::publish(const RotationClass& rotation) {
    const auto at = static_cast<std::size_t>(&rotation - rotations_by_time_.data());
    forwarding_.active.salt[at].store(rotation.schedule.active(), std::memory_order_release);
}

// --- workers and peers ------------------------------------------------------------------------

void ControlLoop::hear_workers(std::int64_t now) {
    for (const auto& worker : workers_) {
        dataplane::Events& events = worker->events();
        take_events<dataplane::NeighborEvent>(
            events.neighbors, events_a_tick,
            [&](const auto& event) { neighborhood_.hear(event, now); });
        take_events<RouterInformation>(
            events.routers, dataplane::router_queue_size,
            [&](const auto& router) { neighborhood_.next_hops().hear(router, now); });
        take_events<dataplane::QueryEvent>(
            events.queries, dataplane::query_queue_size,
            [&](const auto& query) { neighborhood_.hear(query, now); });
        for (dataplane::KeyQueue* const queue : {&events.keys.authenticated, &events.keys.others}) {
            take_events<dataplane::KeyEvent>(*queue, key_messages_a_tick, [&](const auto& message) {
                exchanger_->hear(message);
            });
        }
        take_events<dataplane::NumberEvent>(events.numbers, events_a_tick, [&](const auto& low) {
            numbers_->record_more(low.record);
        });
    }
}

// What has no event of its own, and is not urgent: a share of the streams each tick.
void ControlLoop::visit_streams(std::int64_t now) {
    const std::size_t count = streams_.end();
    const std::int64_t passed = std::min(now - last_visit_, visit_round_ns);
    const auto share =
        static_cast<std::size_t>(static_cast<std::int64_t>(count) * passed / visit_round_ns);
    if (share == 0) {
        return;
    }
    // What the division leaves is not lost: each stream has its turn within the round.
    last_visit_ = passed == visit_round_ns ? now
                                           : last_visit_
                                                 + static_cast<std::int64_t>(share) * visit_round_ns
                                                       / static_cast<std::int64_t>(count);
    for (std::size_t i = 0; i < share; ++i) {
        const std::size_t stream = next_visit_++ % count;
        if (streams_.is_live(stream)) {
            visit(stream, now);
        }
        measure_host_mtu(stream);
    }
}

void ControlLoop::visit(std::size_t stream, std::int64_t now) {
    keep_alive(stream, now);
    streams_.follow_path_mtu(stream, now);
    if (numbers_ != nullptr) {
        streams_.check_numbers(stream);
    }
    if (streams_.context(stream).cipher == Cipher::aes_256_gcm) {
        peer_clocks_.visit(stream, streams_.stream(stream));
    }
    if (exchanger_ != nullptr) {
        exchanger_->visit(stream);
    }
}

// What routers' advertisements tell the hosts: at the end of each round, of all streams.
void ControlLoop::measure_host_mtu(std::size_t stream) {
    if (streams_.is_live(stream)) {
        const StreamContext& context = streams_.context(stream);
        smallest_inner_ =
            std::min(smallest_inner_, inner_mtu(context.path_mtu.value(), context.cipher));
    }
    if (stream + 1 == streams_.end() && smallest_inner_ != UINT32_MAX) {
        forwarding_.host_mtu.store(std::max(ipv6_minimum_mtu, smallest_inner_),
                                   std::memory_order_relaxed);
        smallest_inner_ = UINT32_MAX;
    }
}

// A link that comes back may be another one: who is there is asked again, and told again.
void ControlLoop::follow_links(std::int64_t now) {
    if (const auto side = links_.came_up(now)) {
        meet_link(*side, now);
    }
    streams_.set_link_mtu(neighborhood_.next_hops().link_mtu());
    if (neighborhood_.next_hops().take_on_link_changed()) {
        to_renew_ = streams_.end();
    }
}

void ControlLoop::meet_link(dataplane::Side side, std::int64_t now) {
    neighborhood_.link_up(side, now);
    if (side == dataplane::Side::external) {
        streams_.forget_announcements();
        to_announce_ = streams_.end();
    }
}

// What all streams need once, some of them in each tick.
void ControlLoop::sweep(std::int64_t now) {
    if (to_announce_ == 0 && streams_.take_announcements_missing()) {
        to_announce_ = streams_.end();
    }
    // New addresses come first: these wait until nothing else does.
    for (std::ptrdiff_t i = 0;
         i < preparations_a_tick && to_announce_ > 0 && neighborhood_.has_few_to_announce(); ++i) {
        streams_.announce(--to_announce_);
    }
    std::vector<AdjacencyId> replaced;
    for (std::ptrdiff_t i = 0; i < preparations_a_tick && to_renew_ > 0; ++i) {
        streams_.renew_next_hops(--to_renew_, now, replaced);
    }
    release_replaced(replaced);
}

void ControlLoop::release_replaced(std::span<const AdjacencyId> replaced) {
    if (!replaced.empty()) {
        grace_.synchronize(); // no worker is left that sends to one of them
    }
    for (const AdjacencyId id : replaced) {
        neighborhood_.next_hops().release(id);
    }
}

// What the stream's counters say: who is heard, and whether it owes its peer a sign of life.
void ControlLoop::keep_alive(std::size_t stream, std::int64_t now) {
    const StreamCounters& counters = streams_.counters(stream);
    const std::uint64_t sent =
        counters.encapsulated_packets.value() + counters.control_packets_sent.value();
    const std::uint64_t heard = counters.decapsulated_packets.value();
    activities_[stream].visit({.sent = sent,
                               .heard = heard + counters.control_packets_heard.value(),
                               .dropped = counters.dropped_packets.value()},
                              now);
    watch_peer(stream, now);
    if (keep_alives_[stream].due(sent, heard, now)) {
        send_control_packet(stream);
    }
}

void ControlLoop::watch_peer(std::size_t stream, std::int64_t now) {
    const Activity& activity = activities_[stream];
    if (!activity.heard_ago(now)) {
        return; // of many streams each look elsewhere costs as much as the rest of a visit
    }
    const config::Stream& configured = streams_.stream(stream);
    const auto news = peer_watches_[stream].visit(activity.sent_ago(now), activity.heard_ago(now),
                                                  silence_limit_s(configured.options));
    if (news != PeerWatch::News::none) {
        const bool lost = news == PeerWatch::News::lost;
        events::record(events::Alarm{
            lost ? events::AlarmKind::peer_lost : events::AlarmKind::peer_back, configured.name});
    }
}

void ControlLoop::send_control_packet(std::size_t stream) {
    const StreamContext& context = streams_.context(stream);
    // One that is lost is due again in a while.
    send_to_worker(forwarding_, context.owner,
                   make_control_packet(forwarding_.pool, context.local, context.remote));
}

} // namespace mt6d
