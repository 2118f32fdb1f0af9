// SPDX-License-Identifier: BSD-3-Clause
#include "control/key_exchanger.hpp"

#include "control/log.hpp"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

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

bool exchanges_keys(const config::Stream& stream) {
    return stream.options.rekey.method != KeyMethod::off;
}

KeyExchangeSettings settings_of(const config::Stream& stream) {
    const config::StreamOptions& options = stream.options;
    return {.method = options.rekey.method,
            .rekey_interval = options.rekey.interval,
            .rekey_window = options.rekey.window,
            .rotation = options.rotation,
            .lifetime = options.lifetime,
            .own = stream.local.address,
            .peer = stream.remote.address,
            .key = stream.key};
}

} // namespace

StreamIdentity stream_identity(const config::Stream& stream) {
    constexpr std::string_view purpose = "mt6d/v1/stream";
    std::vector<std::uint8_t> text(purpose.begin(), purpose.end());
    for (const Ipv6Address& address : {stream.local.address, stream.remote.address}) {
        text.insert(text.end(), address.bytes.begin(), address.bytes.end());
    }
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    SHA256(text.data(), text.size(), digest.data());
    StreamIdentity identity;
    std::copy_n(digest.begin(), identity.bytes.size(), identity.bytes.begin());
    return identity;
}

KeyExchanger::KeyExchanger(const config::Config& config, const Clock& clock,
                           dataplane::Forwarding& forwarding, StreamTable& streams,
                           std::unique_ptr<KeyStore> store)
    : clock_(clock), forwarding_(forwarding), streams_(streams), store_(std::move(store)),
      entry_of_(config.streams.size(), none), renewals_{StartPace(renewals_a_second)},
      recoveries_{StartPace(recoveries_a_second)} {
    KeyExchangeServices& services = *this;
    const std::int64_t now = clock.unix_ns();
    for (std::size_t i = 0; i < config.streams.size(); ++i) {
        const config::Stream& stream = config.streams[i];
        if (!exchanges_keys(stream)) {
            continue;
        }
        entry_of_[i] = static_cast<std::uint32_t>(entries_.size());
        entries_.push_back({.stream = i,
                            .identity = stream_identity(stream),
                            .exchange = std::make_unique<KeyExchange>(settings_of(stream), services,
                                                                      crypto_, now)});
        entry_of_identity_.emplace(entries_.back().identity, entry_of_[i]);
    }
    statuses_ = std::make_unique<KeyStatus[]>(entries_.size());
}

Result<std::unique_ptr<KeyExchanger>>
KeyExchanger::create(const config::Config& config, const Clock& clock,
                     dataplane::Forwarding& forwarding, StreamTable& streams,
                     std::shared_ptr<const StateDirectory> directory) {
    auto opened = KeyStore::open(std::move(directory));
    if (!opened) {
        return std::move(opened).error();
    }
    for (const std::string& warning : opened->warnings) {
        log::warning("keys", "{}", warning);
    }
    auto exchanger = std::unique_ptr<KeyExchanger>(
        new KeyExchanger(config, clock, forwarding, streams, std::move(opened->store)));
    exchanger->note_unclaimed(*opened);
    for (Entry& entry : exchanger->entries_) {
        const auto stored = opened->states.find(entry.identity);
        if (stored != opened->states.end()) {
            exchanger->restore(entry, stored->second);
        }
        exchanger->carry_out(entry, exchanger->actions_);
    }
    return exchanger;
}

void KeyExchanger::note_unclaimed(const KeyStore::Opened& opened) {
    const auto note = [this](const StreamIdentity& identity) {
        if (!entry_of_identity_.contains(identity)) {
            unclaimed_.push_back(identity);
        }
    };
    for (const auto& [identity, state] : opened.states) {
        note(identity);
    }
    const std::size_t claimed_before = unclaimed_.size();
    std::for_each(opened.lost.begin(), opened.lost.end(), note);
    const bool all_unclaimed = unclaimed_.size() - claimed_before == opened.lost.size();
    knows_all_keys_ = opened.all_read && all_unclaimed;
}

bool KeyExchanger::forget_unclaimed() {
    if (!unclaimed_.empty()) {
        log::info("keys",
                  "keys of {} streams that exchange none, or are not configured, are removed",
                  unclaimed_.size());
    }
    for (const StreamIdentity& identity : std::exchange(unclaimed_, {})) {
        store_->forget(identity);
    }
    return static_cast<bool>(store_->flush()) && knows_all_keys_; // advance() tells of an error
}

void KeyExchanger::restore(Entry& entry, const SecretBuffer& state) {
    const std::string& name = streams_.stream(entry.stream).name;
    const auto keys = decode_saved_keys(state.get());
    if (!keys) {
        const auto aside = store_->put_aside(entry.identity);
        log::warning(
            "keys",
            "stream {}: {}: {}; it begins with the configured key, and asks its peer for a "
            "new one",
            name, keys.error().message,
            aside ? "they were moved to " + *aside : aside.error().message);
        knows_all_keys_ = false;
        return;
    }
    if (!entry.exchange->restore(*keys, clock_.unix_ns(), actions_)) {
        log::info("keys", "stream {}: the configured key is another one: it begins with that",
                  name);
        store_->forget(entry.identity);
    }
}

// --- what happens -----------------------------------------------------------------------------

void KeyExchanger::hear(const dataplane::KeyEvent& event) {
    if (entry_of_[event.stream] == none) {
        return;
    }
    Entry& entry = entries_[entry_of_[event.stream]];
    recovers_ = event.epoch == 0 && entry.exchange->epoch() != 0;
    entry.exchange->message(event.epoch, std::span(event.message).first(event.length),
                            clock_.unix_ns(), actions_);
    carry_out(entry, actions_);
}

void KeyExchanger::visit(std::size_t stream) {
    if (entry_of_[stream] == none) {
        return;
    }
    forwarding_.epochs[stream].heard.renew();
    Entry& entry = entries_[entry_of_[stream]];
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

void KeyExchanger::advance() {
    store_->take_written(written_);
    const std::int64_t now = clock_.unix_ns();
    for (const KeyStore::Written& written : written_) {
        const auto found = entry_of_identity_.find(written.identity);
        if (found != entry_of_identity_.end()) {
            Entry& entry = entries_[found->second];
            states_on_way_ -=
                entry.stored < entry.generation && written.generation >= entry.generation;
            entry.stored = written.generation;
            forget_numbers(entry, written.generation);
            entry.exchange->persisted(written.generation, now, actions_);
            carry_out(entry, actions_);
        }
    }
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
