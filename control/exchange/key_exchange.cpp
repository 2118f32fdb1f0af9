// SPDX-License-Identifier: BSD-3-Clause
#include "control/exchange/key_exchange.hpp"

#include "control/exchange/key_exchange_parts.hpp"

#include <algorithm>
#include <utility>

namespace mt6d {

using key_exchange::ns;

namespace {

constexpr std::int64_t least_silence_s = 30;
// A change time farther ahead than this is not believed (docs/protocol.md, 9, rule 2).
constexpr std::int64_t farthest_s = 3600;
// Where R is over 1000 s, rule 1's 3R would come to or beyond the hour that rule 2 believes. What
// is left of that hour is for a peer whose clock is behind.
constexpr std::int64_t longest_lead_s = 3000;

} // namespace

KeyExchange::KeyExchange(const KeyExchangeSettings& settings, KeyExchangeServices& services,
                         ExchangeCrypto& crypto, std::int64_t now)
    : settings_(settings), services_(&services), crypto_(&crypto), silence_(now), last_now_(now) {}

KeyExchange::KeyExchange(KeyExchange&&) noexcept = default;
KeyExchange& KeyExchange::operator=(KeyExchange&&) noexcept = default;
KeyExchange::~KeyExchange() = default;

bool KeyExchange::restore(const SavedKeys& saved, std::int64_t now, KeyActions& actions) {
    if (settings_.method == KeyMethod::off
        || saved.fingerprint != crypto_->fingerprint(settings_.key)) {
        return false;
    }
    current_ = saved.current;
    previous_ = saved.previous;
    if (previous_ && previous_->epoch > 0) {
        actions.emplace_back(key_action::HoldKey{previous_->epoch, previous_->key});
    }
    if (current_.epoch > 0) {
        actions.emplace_back(key_action::HoldKey{current_.epoch, current_.key});
        actions.emplace_back(key_action::SendOn{current_.epoch});
        if (!previous_ || previous_->epoch > 0) {
            actions.emplace_back(key_action::DropKey{0});
        }
        schedule_rekey(now);
    }
    if (saved.exchange) {
        exchange_ = std::make_unique<Exchange>();
        exchange_->saved = *saved.exchange;
        hold(now, actions);
    }
    advance(now, actions);
    return true;
}

void KeyExchange::data_carried(std::int64_t now, KeyActions& actions) {
    carries_data_ = true;
    advance(now, actions);
}

void KeyExchange::rekey_now(std::int64_t now, KeyActions& actions) {
    rekey_at_ = std::min(rekey_at_, now);
    carries_data_ = true;
    failures_ = 0; // nor is there a pause after those
    advance(now, actions);
}

void KeyExchange::heard(std::uint32_t epoch, std::int64_t now, KeyActions& actions) {
    follow_clock(now);
    if (epoch == current_.epoch) {
        heard_current(now, actions);
    } else if (epoch == next_epoch()) {
        heard_next(now, actions);
    }
    advance(now, actions);
}

void KeyExchange::persisted(std::uint64_t generation, std::int64_t now, KeyActions& actions) {
    persisted_ = std::max(persisted_, generation);
    advance(now, actions);
}

void KeyExchange::observe(const KeyTraffic& traffic, std::int64_t now, KeyActions& actions) {
    if (!follow_clock(now) && traffic == seen_) {
        return;
    }
    look_at(traffic, now, actions);
    advance(now, actions);
}

void KeyExchange::tick(std::int64_t now, const KeyTraffic& traffic, KeyActions& actions) {
    follow_clock(now);
    look_at(traffic, now, actions);
    advance(now, actions);
}

// Data that was sent, and something heard, since the last look: which came first is not known.
// It counts as answered, and what is sent next will tell.
void KeyExchange::look_at(const KeyTraffic& traffic, std::int64_t now, KeyActions& actions) {
    const KeyTraffic before = std::exchange(seen_, traffic);
    if (traffic.data_sent != before.data_sent) {
        carries_data_ = true;
        silence_.sent_data(now);
    }
    if (traffic.heard_current != before.heard_current) {
        heard_current(now, actions);
    }
    if (traffic.heard_next != before.heard_next && changing() && exchange_->held) {
        heard_next(now, actions);
    }
}

void KeyExchange::advance(std::int64_t now, KeyActions& actions) {
    follow_clock(now);
    if (settings_.method == KeyMethod::off) {
        return;
    }
    if (previous_ && now >= previous_ends_) {
        end_previous(actions);
    }
    advance_exchange(now, actions);
    advance_offer(now, actions);
}

// Deadlines are moments of a clock that may be set back: they move with it. Change times stay.
// True: it was.
bool KeyExchange::follow_clock(std::int64_t now) {
    const std::int64_t by = now - std::exchange(last_now_, now);
    const std::int64_t latest_rekey =
        now + ns(std::int64_t{settings_.rekey_interval} + settings_.rekey_window);
    if (rekey_at_ != never && rekey_at_ > latest_rekey) {
        rekey_at_ = latest_rekey;
    }
    if (by >= 0) {
        return false;
    }
    const auto shift = [by](std::int64_t& moment) { moment += moment == never ? 0 : by; };
    silence_.shift(by);
    for (std::int64_t* moment :
         {&previous_ends_, &failed_at_, &paced_until_, &answered_at_, &last_refusal_at_}) {
        shift(*moment);
    }
    const bool far = by < -ns(settings_.rotation);
    if (offer_ && far) {
        offer_.reset(); // its change time would be later than anybody wants
    } else if (offer_) {
        shift(offer_->retry_at);
    }
    if (exchange_) {
        shift(exchange_->repeat_at);
        exchange_->clock_set |= far;
    }
    return true;
}

void KeyExchange::refuse(KeyRefusal reason, std::int64_t now) {
    std::uint32_t& count = refused_.at(static_cast<std::size_t>(reason));
    count += count == UINT32_MAX ? 0 : 1;
    last_refusal_ = reason;
    last_refusal_at_ = now;
}

std::uint64_t KeyExchange::persist(KeyActions& actions) {
    actions.emplace_back(key_action::Persist{++generation_, saved()});
    return generation_;
}

// An exchange whose key is in use leaves nothing to do that a restart could not leave out.
SavedKeys KeyExchange::saved() const {
    SavedKeys keys;
    keys.fingerprint = crypto_->fingerprint(settings_.key);
    keys.current = current_;
    keys.previous = previous_;
    if (changing()) {
        keys.exchange = exchange_->saved;
    }
    return keys;
}

// The earliest of what may be due by itself. What is past waits for something else to happen.
std::optional<std::int64_t> KeyExchange::next_deadline() const {
    if (settings_.method == KeyMethod::off) {
        return std::nullopt;
    }
    std::int64_t next = previous_ends_;
    if (const auto lost_at = silence_.lost_at(silence_limit_ns()); lost_at > last_now_) {
        next = std::min(next, lost_at);
    }
    if (exchange_) {
        next = std::min(next, exchange_->repeat_at);
        if (changing() && exchange_->saved.agreed && exchange_->generation <= persisted_) {
            next = std::min(next, ns(exchange_->saved.next.change_time));
        }
    }
    if (offer_) {
        next = std::min({next, offer_->retry_at, ns(offer_->change_time)});
    } else {
        next = std::min(next, offer_time(last_now_));
    }
    return next == never ? std::nullopt : std::optional(next);
}

std::optional<std::uint32_t> KeyExchange::next_epoch() const {
    return changing() && exchange_->held ? std::optional(exchange_->saved.next.epoch)
                                         : std::nullopt;
}

KeyState KeyExchange::state() const {
    if (offer_) {
        return KeyState::offering;
    }
    if (!exchange_) {
        return KeyState::idle;
    }
    if (exchange_->initiator()) {
        return exchange_->heard ? KeyState::idle : KeyState::confirming;
    }
    return exchange_->changed ? KeyState::idle : KeyState::accepted;
}

KeyFacts KeyExchange::facts(std::int64_t now) const {
    KeyFacts facts;
    facts.epoch = current_.epoch;
    if (previous_) {
        facts.previous_epoch = previous_->epoch;
    }
    facts.next_epoch = next_epoch();
    facts.state = state();
    facts.peer_lost = silence_.lost(now, silence_limit_ns());
    if (current_.epoch > 0) {
        facts.age = std::max<std::int64_t>(0, now / nanoseconds_per_second - current_.change_time);
        facts.next_change = rekey_at_;
    }
    if (changing()) {
        facts.next_change = ns(exchange_->saved.next.change_time);
    }
    facts.changes = changes_;
    facts.recoveries = recoveries_;
    facts.given_up = given_up_;
    facts.refused = refused_;
    facts.last_refusal = last_refusal_;
    facts.last_refusal_at = last_refusal_at_;
    return facts;
}

std::int64_t KeyExchange::silence_limit_ns() const {
    return ns(std::max(3 * std::int64_t{settings_.rotation}, least_silence_s));
}

const config::SessionKey& KeyExchange::key_of(std::uint32_t epoch) const {
    return epoch > 0 && epoch == current_.epoch ? current_.key : settings_.key;
}

bool KeyExchange::changing() const {
    return exchange_ && !exchange_->changed;
}

// The last epoch that both sides may be using, or about to.
std::uint32_t KeyExchange::top_epoch() const {
    return changing() && exchange_->saved.agreed ? exchange_->saved.next.epoch : current_.epoch;
}

// From an offer to its change, seconds.
std::int64_t KeyExchange::lead() const {
    const std::int64_t half = std::max<std::int64_t>(1, settings_.rekey_interval / 2);
    return std::min({silence_limit_ns() / nanoseconds_per_second, half, longest_lead_s});
}

// A change time that is not believed. An own one: it is from before the clock was set back.
bool KeyExchange::too_far(std::int64_t change_time, std::int64_t now) {
    return ns(change_time) - now > ns(farthest_s);
}

// The change time says nothing any more. No gateway sets one farther ahead than max(3R, 30 s), and
// packets of one whose clock is ahead by more than R do not pass: a clock was set back since, or an
// offer from before that came late or from a recording. Precondition: changing().
bool KeyExchange::change_time_is_void(std::int64_t now) const {
    const std::int64_t ahead = ns(exchange_->saved.next.change_time) - now;
    const std::int64_t most = silence_limit_ns() + ns(std::int64_t{settings_.rotation} + 1);
    return exchange_->clock_set || ahead > std::min(most, ns(farthest_s));
}

} // namespace mt6d
