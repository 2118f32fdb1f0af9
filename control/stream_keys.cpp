// SPDX-License-Identifier: BSD-3-Clause
#include "control/stream_keys.hpp"

#include "control/crypto/packet_key.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace mt6d {
namespace {

constexpr std::size_t window_chunk = 256;

std::uint32_t seal_states_of(Cipher cipher) {
    switch (cipher) {
    case Cipher::none:
        return 0;
    case Cipher::aes_256_cbc:
        return route_slots; // its numbers begin anew with each salt
    case Cipher::aes_256_gcm:
        return 1;
    }
    return 0;
}

} // namespace

Result<std::unique_ptr<StreamKeys>> StreamKeys::create(const config::Config& config,
                                                       CryptoBackend* backend, NumberKeeper* keeper,
                                                       const Clock& clock) {
    auto keys = std::unique_ptr<StreamKeys>(new StreamKeys(keeper));
    keys->reserve(config);
    for (const config::Stream& stream : config.streams) {
        if (stream.options.cipher == Cipher::none) {
            keys->keys_.emplace_back();
            if (keeper != nullptr) {
                keeper->add(stream, {}, clock.unix_ns());
            }
        } else if (auto added = keys->add(stream, *backend, clock.unix_ns()); !added) {
            return std::move(added).error().in("stream " + stream.name);
        }
    }
    return keys;
}

StreamKeys::~StreamKeys() {
    for (std::uint32_t i = 0; i < seal_count_; ++i) {
        OPENSSL_cleanse(&seal_states_[i].nonce_salt, sizeof(seal_states_[i].nonce_salt));
    }
    for (std::uint32_t i = 0; i < open_count_; ++i) {
        OPENSSL_cleanse(&open_states_[i].nonce_salt, sizeof(open_states_[i].nonce_salt));
        OPENSSL_cleanse(&quote_keys_[i].nonce_salt, sizeof(quote_keys_[i].nonce_salt));
    }
}

void StreamKeys::reserve(const config::Config& config) {
    std::size_t seals = 0;
    std::size_t opens = 0;
    for (const config::Stream& stream : config.streams) {
        seals += seal_states_of(stream.options.cipher);
        opens += stream.options.cipher == Cipher::none ? 0 : 1;
    }
    seal_states_ = std::make_unique<SealState[]>(seals);
    open_states_ = std::make_unique<OpenState[]>(opens);
    quote_keys_ = std::make_unique<QuoteKey[]>(opens);
    keys_.reserve(config.streams.size());
}

Result<> StreamKeys::add(const config::Stream& stream, CryptoBackend& backend,
                         std::int64_t unix_ns) {
    const Cipher cipher = stream.options.cipher;
    const Ipv6Address& local = stream.local.address;
    const Ipv6Address& remote = stream.remote.address;
    const PacketKey out = derive_packet_key(stream.key, cipher, local, remote);
    const PacketKey in = derive_packet_key(stream.key, cipher, remote, local);
    auto seal = backend.make_key(dataplane::Operation::seal, out);
    if (!seal) {
        return std::move(seal).error();
    }
    auto open = backend.make_key(dataplane::Operation::open, in);
    if (!open) {
        return std::move(open).error();
    }
    Keys keys{cipher, *std::move(seal), *std::move(open), {}, seal_count_, open_count_};
    if (cipher == Cipher::aes_256_cbc) {
        auto quote = backend.make_key(dataplane::Operation::open, out);
        if (!quote) {
            return std::move(quote).error();
        }
        keys.quote = *std::move(quote);
    }
    quote_keys_[open_count_] = {keys.quote != nullptr ? keys.quote.get() : keys.seal.get(),
                                out.nonce_salt};
    const std::uint32_t states = seal_states_of(cipher);
    for (std::uint32_t i = 0; i < states; ++i) {
        SealState& state = seal_states_[seal_count_ + i];
        state.key = keys.seal.get();
        state.nonce_salt = out.nonce_salt;
        state.stream = static_cast<std::uint32_t>(keys_.size());
    }
    OpenState& open_state = open_states_[open_count_];
    open_state.key = keys.open.get();
    open_state.nonce_salt = in.nonce_salt;
    keeper_->add(stream, {{&seal_states_[seal_count_], states}, &open_state}, unix_ns);
    seal_count_ += states;
    ++open_count_;
    keys_.push_back(std::move(keys));
    return {};
}

SealState* StreamKeys::seal(std::size_t i, Salt salt) {
    const Keys& keys = keys_[i];
    SealState* const states = seal_states_.get() + keys.seal_states;
    switch (keys.cipher) {
    case Cipher::none:
        break;
    case Cipher::aes_256_cbc:
        keeper_->begin_salt(i, salt);
        return states + salt % route_slots;
    case Cipher::aes_256_gcm:
        return states;
    }
    return nullptr;
}

OpenState* StreamKeys::open(std::size_t i) {
    const Keys& keys = keys_[i];
    return keys.cipher == Cipher::none ? nullptr : &open_states_[keys.open_state];
}

const QuoteKey* StreamKeys::quote(std::size_t i) const {
    const Keys& keys = keys_[i];
    return keys.cipher == Cipher::none ? nullptr : &quote_keys_[keys.open_state];
}

ReplayWindow* StreamKeys::take_window(std::size_t i) {
    if (keys_[i].cipher != Cipher::aes_256_gcm) {
        return nullptr;
    }
    if (free_windows_.empty()) {
        window_chunks_.push_back(std::make_unique<ReplayWindow[]>(window_chunk));
        for (std::size_t window = 0; window < window_chunk; ++window) {
            free_windows_.push_back(&window_chunks_.back()[window]);
        }
    }
    ReplayWindow* const window = free_windows_.back();
    free_windows_.pop_back();
    // A worker starts it with the route's first packet. The route may be one that was there before
    // the clock was set back: what was accepted then is not accepted again.
    window->stop(open_states_[keys_[i].open_state].next.load(std::memory_order_acquire));
    return window;
}

void StreamKeys::release_window(ReplayWindow* window) {
    if (window != nullptr) {
        free_windows_.push_back(window);
    }
}

} // namespace mt6d
