// SPDX-License-Identifier: BSD-3-Clause
#include "control/stream_keys.hpp"

#include "control/crypto/packet_key.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace mt6d {
namespace {

void reset(SealState& state) {
    state.first = 0;
    state.next = 0;
    state.recorded = 0;
    state.ask_at = SealState::never;
}

void reset(OpenState& state, std::uint32_t epoch) {
    state.epoch = epoch;
    state.next = 0;
    state.next_at_rotation = 0;
    state.seen_active = no_salt;
    state.heard.reset();
    state.for_exchange_alone = false;
    state.newest_salt = 0;
    state.last_opened = 0;
}

template <class State>
void wipe(State& state) {
    state.key = nullptr;
    OPENSSL_cleanse(&state.nonce_salt, sizeof(state.nonce_salt));
}

} // namespace

StreamKeys::~StreamKeys() {
    for (EpochKeys& keys : keys_) {
        if (keys.open_state != nullptr) {
            release_memory(keys);
        }
    }
}

Result<EpochKeys*> StreamKeys::make(const config::Stream& stream, std::uint32_t epoch,
                                    const config::SessionKey& session_key) {
    if (free_keys_.empty()) {
        free_keys_.push_back(&keys_.emplace_back());
    }
    EpochKeys& keys = *free_keys_.back();
    keys.cipher = stream.options.cipher;
    keys.epoch = epoch;
    keys.open_state = open_states_.take();
    reset(*keys.open_state, epoch);
    if (keys.cipher != Cipher::none) {
        if (auto ready = make_ready(keys, stream, session_key); !ready) {
            release_memory(keys);
            return std::move(ready).error().in("stream " + stream.name);
        }
    }
    free_keys_.pop_back();
    return &keys;
}

void StreamKeys::take_numbers(EpochKeys& keys, const config::StreamPtr& stream,
                              std::int64_t unix_ns) {
    if (keys.cipher == Cipher::none) {
        return;
    }
    keys.record = keeper_->add(stream, keys.epoch, {states_of(keys), keys.open_state}, unix_ns);
    for (SealState& state : states_of(keys)) {
        state.record = *keys.record;
    }
}

void StreamKeys::give_numbers_back(EpochKeys& keys) {
    if (const auto record = std::exchange(keys.record, std::nullopt)) {
        keeper_->remove(*record);
    }
}

Result<> StreamKeys::make_ready(EpochKeys& keys, const config::Stream& stream,
                                const config::SessionKey& session_key) {
    const Ipv6Address& local = stream.local.address;
    const Ipv6Address& remote = stream.remote.address;
    const PacketKey out = derive_packet_key(session_key, keys.cipher, local, remote);
    const PacketKey in = derive_packet_key(session_key, keys.cipher, remote, local);
    struct Wanted {
        CipherKeyPtr& key;
        dataplane::Operation operation;
        const PacketKey& from;
    };
    std::vector<Wanted> wanted{{keys.seal, dataplane::Operation::seal, out},
                               {keys.open, dataplane::Operation::open, in}};
    if (keys.cipher == Cipher::aes_256_cbc) {
        wanted.push_back({keys.quote, dataplane::Operation::open, out});
    }
    for (const Wanted& one : wanted) {
        auto made = backend_->make_key(one.operation, one.from);
        if (!made) {
            return std::move(made).error();
        }
        one.key = *std::move(made);
    }
    if (keys.cipher == Cipher::aes_256_cbc) {
        keys.cbc_states = cbc_states_.take();
    } else {
        keys.gcm_state = seal_states_.take();
    }
    for (SealState& state : states_of(keys)) {
        reset(state);
        state.key = keys.seal.get();
        state.nonce_salt = out.nonce_salt;
    }
    keys.open_state->key = keys.open.get();
    keys.open_state->nonce_salt = in.nonce_salt;
    keys.quote_key = quote_keys_.take();
    *keys.quote_key = {keys.quote != nullptr ? keys.quote.get() : keys.seal.get(), out.nonce_salt};
    return {};
}

std::span<SealState> StreamKeys::states_of(const EpochKeys& keys) {
    return keys.cbc_states != nullptr ? std::span<SealState>(*keys.cbc_states)
                                      : std::span<SealState>(keys.gcm_state, 1);
}

void StreamKeys::remove(EpochKeys* keys) {
    give_numbers_back(*keys);
    release_memory(*keys);
    free_keys_.push_back(keys);
}

void StreamKeys::release_memory(EpochKeys& keys) {
    if (keys.gcm_state != nullptr) {
        wipe(*keys.gcm_state);
        seal_states_.give(std::exchange(keys.gcm_state, nullptr));
    }
    if (keys.cbc_states != nullptr) {
        cbc_states_.give(std::exchange(keys.cbc_states, nullptr));
    }
    if (keys.quote_key != nullptr) {
        wipe(*keys.quote_key);
        quote_keys_.give(std::exchange(keys.quote_key, nullptr));
    }
    wipe(*keys.open_state);
    open_states_.give(std::exchange(keys.open_state, nullptr));
    keys.seal.reset();
    keys.open.reset();
    keys.quote.reset();
}

SealState* StreamKeys::seal(EpochKeys& keys, Salt salt) {
    if (keys.cipher == Cipher::aes_256_cbc) {
        keeper_->begin_salt(*keys.record, salt);
        return &(*keys.cbc_states)[salt % route_slots];
    }
    return keys.gcm_state;
}

ReplayWindow* StreamKeys::take_window(const EpochKeys& keys) {
    if (keys.cipher != Cipher::aes_256_gcm) {
        return nullptr;
    }
    ReplayWindow* const window = windows_.take();
    // A worker starts it with the route's first packet. The route may be one that was there before
    // the clock was set back: what was accepted then is not accepted again.
    window->stop(keys.open_state->next.load(std::memory_order_acquire));
    return window;
}

void StreamKeys::release_window(ReplayWindow* window) {
    if (window != nullptr) {
        windows_.give(window);
    }
}

void StreamKeys::check(const EpochKeys& keys) {
    if (keys.record) {
        keeper_->check(*keys.record);
    }
}

} // namespace mt6d
