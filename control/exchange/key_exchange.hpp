// SPDX-License-Identifier: BSD-3-Clause
// The session keys of one stream, and how the two gateways replace them (docs/protocol.md,
// section 9). Pure: events and Unix time in nanoseconds come in, actions come out, appended to the
// caller's list. One thread (control).
//
// What a stream needs while nothing happens is small; offers and exchanges have memory of their
// own while they last. Every member function may be called at any time, late ones too. tick() is
// due at next_deadline(), which an idle stream has for its next change alone. observe() is due
// about once a second: that is how exactly it is known when data was sent or the peer heard, and
// how soon deadlines, which are Unix times, follow a clock that was set back.
#pragma once

#include "control/clock.hpp"
#include "control/exchange/key_action.hpp"
#include "control/exchange/silence.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace mt6d {

struct KeyExchangeSettings {
    KeyMethod method = KeyMethod::x25519;
    std::uint32_t rekey_interval = 86400; // seconds
    std::uint32_t rekey_window = 30;      // seconds
    std::uint32_t rotation = 10;          // R, seconds
    std::uint32_t lifetime = 30;          // L, seconds
    Ipv6Address own;                      // true addresses of the two hosts
    Ipv6Address peer;
    config::SessionKey key; // configured: epoch 0's
};

// What all streams share.
class KeyExchangeServices {
public:
    KeyExchangeServices() = default;
    KeyExchangeServices(const KeyExchangeServices&) = delete;
    KeyExchangeServices& operator=(const KeyExchangeServices&) = delete;
    virtual ~KeyExchangeServices() = default;

    // Bytes that nobody can predict: keys are made of them.
    virtual void random(std::span<std::uint8_t> bytes) = 0;
    // Whether a stream may start an exchange now (rule 1: paced). It asks again a second later.
    virtual bool may_start() = 0;
};

// A stream's packet counters, which only grow while the process lives. Heard are packets that
// opened, control packets too, but not those with a key option: what message() refuses does not
// count. (A peer that has gone on to an epoch unknown here confirms it on the old routes for ever:
// were that a sign of life, neither side would recover.)
struct KeyTraffic {
    std::uint64_t data_sent = 0;     // data packets of the stream, whatever their epoch
    std::uint64_t heard_current = 0; // with the key of epoch()
    std::uint64_t heard_next = 0;    // with that of next_epoch(): from 0 on with each HoldKey

    friend bool operator==(const KeyTraffic&, const KeyTraffic&) = default;
};

struct KeyFacts {
    std::uint32_t epoch = 0;
    std::optional<std::uint32_t> previous_epoch{}; // still received
    std::optional<std::uint32_t> next_epoch{};     // agreed on, or accepted
    KeyState state = KeyState::idle;
    bool peer_lost = false;                    // rule 6: data was sent, nothing was heard
    std::int64_t age = 0;                      // of the key in use, seconds; 0 for epoch 0
    std::optional<std::int64_t> next_change{}; // Unix ns: of a key agreed on, or of the next offer
    std::uint32_t changes = 0;                 // epochs begun
    std::uint32_t recoveries = 0;              // of these, by rule 6
    std::uint32_t given_up = 0;                // offers that nobody accepted
    std::array<std::uint32_t, key_refusal_count> refused{}; // by KeyRefusal
    std::optional<KeyRefusal> last_refusal{};
    std::int64_t last_refusal_at = 0; // Unix ns
};

class KeyExchange {
public:
    // Offers and confirms are repeated after 1, 2, 4, 8, then every 16 s.
    static constexpr std::int64_t first_retry_ns = nanoseconds_per_second;
    static constexpr std::int64_t last_retry_ns = 16 * nanoseconds_per_second;

    // Begins at epoch 0: the caller receives and sends on it. `services` and `crypto` outlive it.
    KeyExchange(const KeyExchangeSettings& settings, KeyExchangeServices& services,
                ExchangeCrypto& crypto, std::int64_t now);
    KeyExchange(KeyExchange&&) noexcept;
    KeyExchange& operator=(KeyExchange&&) noexcept;
    ~KeyExchange();

    // Goes on from what was saved, right after construction. False: it belongs to another
    // configured key, or key exchange is off, and the stream stays at epoch 0.
    bool restore(const SavedKeys& saved, std::int64_t now, KeyActions& actions);

    // What restore() goes on from.
    [[nodiscard]] SavedKeys saved() const;

    // The stream carries data, in either direction: at epoch 0 an exchange is due.
    void data_carried(std::int64_t now, KeyActions& actions);
    // The operator wants a new key, now: an exchange begins as soon as none is under way and the
    // previous epoch has ended.
    void rekey_now(std::int64_t now, KeyActions& actions);
    // A packet without a key option opened with the key now held for this epoch. What is learned
    // from the counters need not be said here.
    void heard(std::uint32_t epoch, std::int64_t now, KeyActions& actions);
    // The data of a key option, from a packet that opened on a route of this epoch.
    void message(std::uint32_t route, std::span<const std::uint8_t> bytes, std::int64_t now,
                 KeyActions& actions);
    // All up to this generation is on disk.
    void persisted(std::uint64_t generation, std::int64_t now, KeyActions& actions);
    // The key of a HoldKey just asked for cannot be had here, so nobody may ever send with it: what
    // that list wanted sent after it was not sent, nor was a later key held. The exchange is given
    // up, and begun anew later; where a restart asked for it, the stream is as one without state.
    void hold_failed(std::uint32_t epoch, std::int64_t now, KeyActions& actions);
    // Looks at the counters. Costs next to nothing where they and the clock say nothing new.
    void observe(const KeyTraffic& traffic, std::int64_t now, KeyActions& actions);
    // Does what is due, and looks at the counters first.
    void tick(std::int64_t now, const KeyTraffic& traffic, KeyActions& actions);
    // None: nothing will be due unless something happens.
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

    [[nodiscard]] std::uint32_t epoch() const { return current_.epoch; }
    [[nodiscard]] std::optional<std::uint32_t> next_epoch() const;
    [[nodiscard]] KeyState state() const;
    [[nodiscard]] KeyFacts facts(std::int64_t now) const;
    // max(3R, 30 s) of rule 6.
    [[nodiscard]] std::int64_t silence_limit_ns() const;

private:
    static constexpr std::int64_t never = INT64_MAX;
    struct Offer;    // own, not accepted yet
    struct Exchange; // accepted: until its key is in use and the previous one ended
    struct Incoming; // an offer that arrived

    // key_exchange.cpp
    void advance(std::int64_t now, KeyActions& actions);
    void look_at(const KeyTraffic& traffic, std::int64_t now, KeyActions& actions);
    bool follow_clock(std::int64_t now);
    void refuse(KeyRefusal reason, std::int64_t now);
    std::uint64_t persist(KeyActions& actions);

    // key_exchange_offer.cpp: own offers
    void advance_offer(std::int64_t now, KeyActions& actions);
    void start(std::uint32_t base, bool answering, std::int64_t now, KeyActions& actions);
    void give_up(std::int64_t now);
    [[nodiscard]] std::int64_t offer_time(std::int64_t now) const;
    [[nodiscard]] std::int64_t reason_time(std::int64_t now) const;
    [[nodiscard]] std::int64_t blocked_until(std::int64_t now) const;
    [[nodiscard]] std::int64_t unconfirmed_until(std::int64_t now) const;
    [[nodiscard]] bool recovering(std::int64_t now) const;
    void schedule_rekey(std::int64_t now);
    void answer_lost_peer(std::int64_t now, KeyActions& actions);

    // key_exchange_message.cpp: what the peer says. Refused, or it counts as heard.
    std::optional<KeyRefusal> handle(std::uint32_t route, std::span<const std::uint8_t> bytes,
                                     std::int64_t now, KeyActions& actions);
    std::optional<KeyRefusal> on_offer(const Incoming& offer, std::int64_t now,
                                       KeyActions& actions);
    std::optional<KeyRefusal> on_accept(std::uint32_t route, const KeyMessage& accept,
                                        std::int64_t now, KeyActions& actions);
    [[nodiscard]] std::optional<KeyRefusal> on_late_accept(std::uint32_t route,
                                                           const KeyMessage& accept) const;
    std::optional<KeyRefusal> on_confirm(std::uint32_t route, const KeyMessage& confirm,
                                         KeyActions& actions);
    std::optional<KeyRefusal> take(const Incoming& offer, KeyActions& actions);
    [[nodiscard]] bool is_accepted(const Incoming& offer) const;
    [[nodiscard]] bool is_renewed(const Incoming& offer) const;
    [[nodiscard]] bool is_recovery(const Incoming& offer) const;
    [[nodiscard]] std::optional<KeyRefusal> check_time(const Incoming& offer,
                                                       std::int64_t now) const;
    [[nodiscard]] std::optional<KeyRefusal> check_rank(const Incoming& offer,
                                                       std::int64_t now) const;

    // key_exchange_change.cpp: from accept to the end of the previous epoch
    void begin(std::unique_ptr<Exchange> exchange, KeyActions& actions);
    void advance_exchange(std::int64_t now, KeyActions& actions);
    void hold(std::int64_t now, KeyActions& actions);
    void take_back_change(std::int64_t now);
    void agree(KeyActions& actions);
    void change_epoch(std::int64_t now, KeyActions& actions);
    void end_previous(KeyActions& actions);
    void heard_current(std::int64_t now, KeyActions& actions);
    void heard_next(std::int64_t now, KeyActions& actions);

    [[nodiscard]] const config::SessionKey& key_of(std::uint32_t epoch) const;
    [[nodiscard]] Direction outgoing() const { return {settings_.own, settings_.peer}; }
    [[nodiscard]] Direction incoming() const { return {settings_.peer, settings_.own}; }
    [[nodiscard]] bool changing() const; // an exchange is under way, its key not in use yet
    [[nodiscard]] std::uint32_t top_epoch() const;
    [[nodiscard]] std::int64_t lead() const;
    [[nodiscard]] static bool too_far(std::int64_t change_time, std::int64_t now);
    [[nodiscard]] bool change_time_is_void(std::int64_t now) const;

    KeyExchangeSettings settings_;
    KeyExchangeServices* services_;
    ExchangeCrypto* crypto_;

    EpochKey current_;
    std::optional<EpochKey> previous_;
    std::int64_t previous_ends_ = never;
    std::unique_ptr<Offer> offer_;
    std::unique_ptr<Exchange> exchange_;

    Silence silence_;
    KeyTraffic seen_; // at the last look
    bool carries_data_ = false;
    std::uint64_t generation_ = 0; // last one asked for
    std::uint64_t persisted_ = 0;

    std::int64_t last_now_;
    std::int64_t rekey_at_ = never;
    std::int64_t failed_at_ = 0;
    std::int64_t paced_until_ = 0;
    std::int64_t answered_at_ = 0; // a lost peer
    std::uint32_t failures_ = 0;   // in a row

    std::uint32_t changes_ = 0;
    std::uint32_t recoveries_ = 0;
    std::uint32_t given_up_ = 0;
    std::array<std::uint32_t, key_refusal_count> refused_{};
    std::optional<KeyRefusal> last_refusal_;
    std::int64_t last_refusal_at_ = 0;
};
static_assert(sizeof(KeyExchange) <= 568); // a hundred thousand of them are idle

} // namespace mt6d
