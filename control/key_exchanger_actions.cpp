// SPDX-License-Identifier: BSD-3-Clause
// What the state machine of a stream wants done.
#include "control/events/event_log.hpp"
#include "control/key_exchanger.hpp"
#include "control/log.hpp"
#include "control/packets.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <optional>
#include <variant>

namespace mt6d {
namespace {

// What a recovery needed of epoch 0 is kept so long after the last message.
constexpr std::int64_t recovery_ns = 60 * nanoseconds_per_second;

} // namespace

void KeyExchanger::carry_out(Entry& entry, KeyActions& actions) {
    show_to_peer(entry);
    if (const auto failed = perform_all(entry, actions)) {
        entry.exchange->hold_failed(*failed, clock_.unix_ns(), actions);
        show_to_peer(entry);
        perform_all(entry, actions);
    }
    schedule(entry);
    show(entry);
}

// When it is next due, or its place among those that wait for leave to start and for nothing else.
void KeyExchanger::schedule(Entry& entry) {
    const auto at = static_cast<std::uint32_t>(&entry - entries_.data());
    const std::int64_t now = clock_.unix_ns();
    const bool has_waited = entry.waits;
    if (std::exchange(was_refused_, false) || has_waited) {
        const KeyFacts facts = entry.exchange->facts(now);
        entry.waits = facts.state == KeyState::idle && !facts.previous_epoch && !facts.next_epoch;
    }
    if (entry.waits && !has_waited) {
        (recovers_ ? recoveries_ : renewals_).waiting.push_back({at, now});
    }
    recovers_ = false;
    const std::int64_t deadline =
        entry.waits ? INT64_MAX : entry.exchange->next_deadline().value_or(INT64_MAX);
    if (deadline != entry.deadline) {
        due_.erase({entry.deadline, at});
        entry.deadline = deadline;
        if (deadline != INT64_MAX) {
            due_.emplace(deadline, at);
        }
    }
}

// All in turn. Where a key cannot be held, returns its epoch: of what comes after it, keys end and
// the disk hears of it, and the rest is left out.
std::optional<std::uint32_t> KeyExchanger::perform_all(Entry& entry, KeyActions& actions) {
    std::optional<std::uint32_t> failed;
    for (const KeyAction& action : actions) {
        if (const auto* const hold = std::get_if<key_action::HoldKey>(&action)) {
            if (!failed && !perform(entry, *hold)) {
                failed = hold->epoch;
            }
        } else if (const auto* const drop = std::get_if<key_action::DropKey>(&action)) {
            perform(entry, *drop);
        } else if (const auto* const persist = std::get_if<key_action::Persist>(&action)) {
            perform(entry, *persist);
        } else if (const auto* const send = std::get_if<key_action::Send>(&action);
                   send && !failed) {
            perform(entry, *send);
        } else if (!failed) {
            perform(entry, std::get<key_action::SendOn>(action));
        }
    }
    actions.clear();
    return failed;
}

void KeyExchanger::perform(Entry& entry, const key_action::Send& send) {
    if (send.epoch == 0 && entry.sending != 0) {
        entry.epoch_0_until = clock_.unix_ns() + recovery_ns;
    }
    make_sendable(entry, send.epoch);
    const StreamContext& context = streams_.context(entry.stream);
    rte_mbuf* const packet = make_exchange_packet(forwarding_.pool, context.local, context.remote,
                                                  send.epoch, send.message.bytes());
    send_to_worker(forwarding_, context.owner, packet); // one that is lost is sent again
}

bool KeyExchanger::perform(Entry& entry, const key_action::HoldKey& hold) {
    if (const auto held = streams_.hold(entry.stream, hold.epoch, hold.key); !held) {
        log::error("keys", "{}: the key of epoch {} is not used", held.error().message, hold.epoch);
        return false;
    }
    take_back_numbers(entry);
    make_sendable(entry, hold.epoch);
    return true;
}

void KeyExchanger::perform(Entry& entry, const key_action::SendOn& send_on) {
    if (entry.awaited) {
        switch_to_awaited(entry); // the peer may have gone on from what it waited with
    }
    make_sendable(entry, send_on.epoch);
    entry.awaited = send_on.epoch;
    entry.change = send_on.change;
    awaiting_.push_back(static_cast<std::uint32_t>(&entry - entries_.data()));
    send_when_ready(entry);
}

// The old epoch serves until the new one does: the peer receives on both until it has heard
// something on the new one. Where the old one serves no better there is nothing to wait for.
void KeyExchanger::send_when_ready(Entry& entry) {
    if (streams_.can_send(entry.stream, *entry.awaited)
        || !streams_.can_send(entry.stream, entry.sending)) {
        switch_to_awaited(entry);
    }
}

void KeyExchanger::switch_to_awaited(Entry& entry) {
    const std::uint32_t before = std::exchange(entry.sending, *entry.awaited);
    entry.awaited.reset();
    streams_.send_on(entry.stream, entry.sending);
    const config::Stream& stream = streams_.stream(entry.stream);
    log::debug({"keys", stream.name}, "epoch {}", entry.sending);
    if (const auto change = std::exchange(entry.change, std::nullopt)) {
        events::record(events::Rekey{.stream = stream.name,
                                     .epoch = entry.sending,
                                     .kind = stream.options.rekey.method,
                                     .began_here = change->offered_here,
                                     .recovery = change->recovery});
    }
    if (std::exchange(entry.drop_after_switch, false)) {
        perform(entry, key_action::DropKey{before});
    }
}

void KeyExchanger::perform(Entry& entry, const key_action::DropKey& drop) {
    if (drop.epoch == entry.sending) {
        // Where none is awaited, its successor could not be held: it stays in use.
        entry.drop_after_switch = entry.awaited.has_value();
        return;
    }
    if (!streams_.holds(entry.stream, drop.epoch)) {
        return; // nor could this one be
    }
    if (const auto numbers = streams_.drop(entry.stream, drop.epoch)) {
        end_numbers(entry.identity, *numbers, not_asked_for);
    }
    entry.epoch_0_until = drop.epoch == 0 ? INT64_MAX : entry.epoch_0_until;
}

void KeyExchanger::perform(Entry& entry, const key_action::Persist& persist) {
    SavedKeysBytes bytes = encode(persist.keys);
    store_->submit(entry.identity, entry.first_generation + persist.generation,
                   SecretBuffer(bytes));
    OPENSSL_cleanse(bytes.data(), bytes.size());
    states_on_way_ += entry.stored < entry.generation ? 0 : 1;
    entry.generation = persist.generation;
    note_generation(entry.identity, entry.first_generation + persist.generation);
}

std::optional<KeyFacts> KeyExchanger::facts(std::size_t stream) const {
    const auto& exchange = entries_[stream].exchange;
    return exchange == nullptr ? std::nullopt : std::optional(exchange->facts(clock_.unix_ns()));
}

void KeyExchanger::make_sendable(Entry& entry, std::uint32_t epoch) {
    streams_.set_sendable(entry.stream, epoch, true);
    if (routes_changed_) {
        routes_changed_(entry.stream);
    }
}

// By each packet's destination port: before any is sent that this state has to say.
void KeyExchanger::show_to_peer(const Entry& entry) {
    const KeyState state = entry.exchange->state();
    streams_.context(entry.stream)
        .key_state.store(static_cast<std::uint8_t>(state), std::memory_order_relaxed);
}

void KeyExchanger::show(const Entry& entry) {
    const std::int64_t now = clock_.unix_ns();
    const KeyFacts facts = entry.exchange->facts(now);
    KeyStatus& status = statuses_[static_cast<std::size_t>(&entry - entries_.data())];
    constexpr auto relaxed = std::memory_order_relaxed;
    status.epoch.store(facts.epoch, relaxed);
    status.state.store(facts.state, relaxed);
    status.peer_lost.store(facts.peer_lost, relaxed);
    status.begun.store(facts.epoch == 0 ? 0 : now / nanoseconds_per_second - facts.age, relaxed);
    status.next_change.store(facts.next_change.value_or(0) / nanoseconds_per_second, relaxed);
    status.changes.store(facts.changes, relaxed);
    status.recoveries.store(facts.recoveries, relaxed);
    if (status.given_up.exchange(facts.given_up, relaxed) != facts.given_up) {
        events::record(
            events::Alarm{events::AlarmKind::key_given_up, streams_.stream(entry.stream).name});
    }
    for (std::size_t i = 0; i < facts.refused.size(); ++i) {
        status.refused[i].store(facts.refused[i], relaxed);
    }
}

} // namespace mt6d
