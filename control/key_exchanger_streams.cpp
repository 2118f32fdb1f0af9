// SPDX-License-Identifier: BSD-3-Clause
// Streams whose keys are exchanged: where each begins, and what stays when it goes.
#include "control/key_exchanger.hpp"
#include "control/log.hpp"
#include "control/state/stream_identity.hpp"

#include <algorithm>

namespace mt6d {
namespace {

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

Result<std::unique_ptr<KeyExchanger>>
KeyExchanger::create(const Clock& clock, dataplane::Forwarding& forwarding, StreamTable& streams,
                     std::shared_ptr<const StateDirectory> directory) {
    auto opened = KeyStore::open(std::move(directory));
    if (!opened) {
        return std::move(opened).error();
    }
    for (const std::string& warning : opened->warnings) {
        log::warning("keys", "{}", warning);
    }
    auto exchanger = std::unique_ptr<KeyExchanger>(
        new KeyExchanger(clock, forwarding, streams, std::move(opened->store)));
    for (std::size_t i = 0; i < streams.end(); ++i) {
        exchanger->begin(i);
    }
    exchanger->note_unclaimed(*opened);
    for (Entry& entry : exchanger->entries_) {
        if (entry.exchange == nullptr) {
            continue;
        }
        const auto stored = opened->states.find(entry.identity);
        if (stored != opened->states.end()) {
            exchanger->restore(entry, stored->second);
        }
        exchanger->carry_out(entry, exchanger->actions_);
    }
    return exchanger;
}

KeyExchanger::Entry* KeyExchanger::begin(std::size_t stream) {
    const config::Stream& configured = streams_.stream(stream);
    if (!configured.exchanges_keys()) {
        return nullptr;
    }
    KeyExchangeServices& services = *this;
    Entry& entry = entries_[stream];
    entry = {};
    entry.stream = stream;
    entry.identity = stream_identity(configured);
    entry.exchange =
        std::make_unique<KeyExchange>(settings_of(configured), services, crypto_, clock_.unix_ns());
    entry.first_generation = generations_;
    entry_of_identity_[entry.identity] = static_cast<std::uint32_t>(stream);
    statuses_[stream].given_up.store(0, std::memory_order_relaxed);
    statuses_[stream].exchanged.store(true, std::memory_order_relaxed);
    return &entry;
}

void KeyExchanger::add(std::size_t stream, const std::optional<KeysLeft>& before) {
    Entry* const entry = begin(stream);
    const bool goes_on = entry != nullptr && before
                         && entry->exchange->restore(before->saved, clock_.unix_ns(), actions_);
    if (before && goes_on) {
        for (const NumberKeeper::Record numbers : before->numbers) {
            end_numbers(entry->identity, numbers, not_asked_for); // but those it takes back
        }
    } else if (before) {
        forget(streams_.stream(stream), *before);
    }
    if (entry != nullptr) {
        entry->first_generation = generations_;
        carry_out(*entry, actions_);
    }
}

std::optional<KeysLeft> KeyExchanger::remove(std::size_t stream) {
    Entry& entry = entries_[stream];
    if (entry.exchange == nullptr) {
        return std::nullopt;
    }
    KeysLeft left{entry.exchange->saved(), streams_.exchanged_numbers(stream)};
    due_.erase({entry.deadline, static_cast<std::uint32_t>(stream)});
    entry_of_identity_.erase(entry.identity);
    states_on_way_ -= entry.stored < entry.generation ? 1 : 0;
    generations_ = std::max(generations_, entry.first_generation + entry.generation);
    statuses_[stream].exchanged.store(false, std::memory_order_relaxed);
    entry = {};
    return left;
}

void KeyExchanger::forget(const config::Stream& stream, const KeysLeft& left) {
    const StreamIdentity identity = stream_identity(stream);
    const std::uint64_t generation = ++generations_;
    for (const NumberKeeper::Record numbers : left.numbers) {
        end_numbers(identity, numbers, generation);
    }
    note_generation(identity, generation);
    store_->forget(identity, generation);
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
        store_->forget(identity, generations_);
    }
    return static_cast<bool>(store_->flush()) && knows_all_keys_; // advance() tells of an error
}

void KeyExchanger::restore(Entry& entry, const SecretBuffer& state) {
    const std::string& name = streams_.stream(entry.stream).name;
    const auto keys = decode_saved_keys(state.get());
    if (!keys) {
        const auto aside = store_->put_aside(entry.identity);
        log::warning({"keys", name},
                     "{}: {}; it begins with the configured key, and asks its peer for a new one",
                     keys.error().message,
                     aside ? "they were moved to " + *aside : aside.error().message);
        knows_all_keys_ = false;
        return;
    }
    if (!entry.exchange->restore(*keys, clock_.unix_ns(), actions_)) {
        log::info({"keys", name}, "the configured key is another one: it begins with that");
        store_->forget(entry.identity, entry.first_generation);
    }
}

} // namespace mt6d
