// SPDX-License-Identifier: BSD-3-Clause
#include "control/key_exchanger.hpp"

#include "control/log.hpp"
#include "control/state/stream_identity.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

namespace mt6d {
namespace {

// Of one second, over all streams: what a start costs both gateways is under a millisecond. What is
// silent until then goes faster.
constexpr std::uint32_t renewals_a_second = 100;
constexpr std::uint32_t recoveries_a_second = 400;
// A disk that is behind by so many states gets no more to do: accepts would come after their time.
constexpr std::size_t most_states_on_way = 256;
// Streams that waited for leave, of one tick.
constexpr std::size_t starts_a_tick = 8;
// Streams whose deadline has come, of one tick.
constexpr std::size_t ticks_a_tick = 64;

} // namespace

KeyExchanger::KeyExchanger(const Clock& clock, dataplane::Forwarding& forwarding,
                           StreamTable& streams, std::unique_ptr<KeyStore> store)
    : clock_(clock), forwarding_(forwarding), streams_(streams), store_(std::move(store)),
      entries_(streams.capacity()), statuses_(std::make_unique<KeyStatus[]>(streams.capacity())),
      renewals_{StartPace(renewals_a_second)}, recoveries_{StartPace(recoveries_a_second)} {}

// --- what happens -----------------------------------------------------------------------------

void KeyExchanger::hear(const dataplane::KeyEvent& event) {
    Entry& entry = entries_[event.stream];
    if (entry.exchange == nullptr) {
        return; // it was removed meanwhile
    }
    recovers_ = event.epoch == 0 && entry.exchange->epoch() != 0;
    entry.exchange->message(event.epoch, std::span(event.message).first(event.length),
                            clock_.unix_ns(), actions_);
    carry_out(entry, actions_);
}

void KeyExchanger::visit(std::size_t stream) {
    Entry& entry = entries_[stream];
    if (entry.exchange == nullptr) {
        return;
    }
    forwarding_.epochs[stream].heard.renew();
    const std::int64_t now = clock_.unix_ns();
    recovers_ = entry.exchange->facts(now).peer_lost;
    entry.exchange->observe(traffic(entry), now, actions_);
    if (!actions_.empty() || was_refused_
        || entry.exchange->next_deadline().value_or(INT64_MAX) != entry.deadline) {
        carry_out(entry, actions_);
    }
    const StreamCounters& counters = streams_.counters(stream);
    if (!entry.carries_data
        && counters.encapsulated_packets.value() + counters.decapsulated_packets.value() > 0) {
        entry.carries_data = true;
        entry.exchange->data_carried(now, actions_);
        carry_out(entry, actions_);
    }
    if (now >= entry.epoch_0_until) {
        entry.epoch_0_until = INT64_MAX;
        if (entry.exchange->epoch() != 0) {
            streams_.set_sendable(stream, 0, false);
        }
    }
}

bool KeyExchanger::rekey(std::size_t stream) {
    Entry& entry = entries_[stream];
    if (entry.exchange == nullptr) {
        return false;
    }
    entry.exchange->rekey_now(clock_.unix_ns(), actions_);
    carry_out(entry, actions_);
    return true;
}

void KeyExchanger::advance() {
    const std::int64_t now = clock_.unix_ns();
    take_written(now);
    std::erase_if(awaiting_, [this](std::uint32_t at) {
        if (entries_[at].awaited) {
            send_when_ready(entries_[at]);
        }
        return !entries_[at].awaited;
    });
    if (const auto error = store_->take_error()) {
        log::error("keys", "{}; no key is replaced until it can be stored", *error);
    }
    start_waiting(recoveries_, now);
    start_waiting(renewals_, now);
    for (std::size_t i = 0; i < ticks_a_tick && !due_.empty() && due_.begin()->first <= now; ++i) {
        tick(entries_[due_.begin()->second], now);
    }
}

void KeyExchanger::take_written(std::int64_t now) {
    store_->take_written(written_);
    for (const KeyStore::Written& written : written_) {
        forget_numbers(written.identity, written.generation);
        const auto found = entry_of_identity_.find(written.identity);
        if (found == entry_of_identity_.end()) {
            continue;
        }
        Entry& entry = entries_[found->second];
        if (written.generation <= entry.first_generation) {
            continue; // of one that was there before, or that it is gone
        }
        const std::uint64_t generation = written.generation - entry.first_generation;
        states_on_way_ -= entry.stored < entry.generation && generation >= entry.generation ? 1 : 0;
        entry.stored = generation;
        entry.exchange->persisted(generation, now, actions_);
        carry_out(entry, actions_);
    }
}

void KeyExchanger::tick(Entry& entry, std::int64_t now) {
    recovers_ = entry.exchange->facts(now).peer_lost;
    entry.exchange->tick(now, traffic(entry), actions_);
    carry_out(entry, actions_);
}

KeyTraffic KeyExchanger::traffic(const Entry& entry) const {
    const auto heard = [&](std::optional<std::uint32_t> epoch) {
        const OpenState* const state = epoch ? streams_.opened(entry.stream, *epoch) : nullptr;
        return state == nullptr ? 0 : state->heard.value();
    };
    return {.data_sent = streams_.counters(entry.stream).encapsulated_packets.value(),
            .heard_current = heard(entry.exchange->epoch()),
            .heard_next = heard(entry.exchange->next_epoch())};
}

// --- services ---------------------------------------------------------------------------------

void KeyExchanger::random(std::span<std::uint8_t> bytes) {
    if (RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
        std::abort(); // no key may be made of anything else
    }
}

bool KeyExchanger::may_start() {
    Starts& starts = recovers_ ? recoveries_ : renewals_;
    was_refused_ = !has_leave(starts);
    if (!was_refused_) {
        starts.pace.begin();
    }
    return !was_refused_;
}

bool KeyExchanger::has_leave(Starts& starts) const {
    return states_on_way_ < most_states_on_way && starts.pace.allows(clock_.monotonic_ns());
}

// Those that were refused have their turn one after the other: they do not ask each second, which a
// hundred thousand of them would keep others from theirs with.
void KeyExchanger::start_waiting(Starts& starts, std::int64_t now) {
    for (std::size_t i = 0; i < starts_a_tick && !starts.waiting.empty() && has_leave(starts);
         ++i) {
        const Starts::Waiting first = starts.waiting.front();
        if (std::abs(now - first.since) < nanoseconds_per_second) {
            return; // it does not ask again before
        }
        starts.waiting.pop_front();
        if (Entry& entry = entries_[first.entry]; entry.waits) {
            entry.waits = false;
            tick(entry, now);
        }
    }
}

} // namespace mt6d
