// SPDX-License-Identifier: BSD-3-Clause
// Own offers (docs/protocol.md, 9, rules 1 and 6): when to make one, and to give it up.
#include "control/exchange/key_exchange_parts.hpp"

#include <algorithm>
#include <bit>

namespace mt6d {

using key_exchange::ns;
using key_exchange::whole_seconds_up;

namespace {

// After an offer that nobody accepted, the next one waits ever longer. A lost peer is looked for
// without a pause: rule 6's time begins at each end when that heard nothing more.
constexpr std::int64_t longest_pause_s = 3600;
constexpr std::uint32_t most_doublings = 7;
constexpr std::int64_t answer_interval_ns = nanoseconds_per_second;

// Uniform in 0 to range.
std::int64_t random_up_to(KeyExchangeServices& services, std::int64_t range) {
    std::array<std::uint8_t, 8> bytes{};
    services.random(bytes);
    const auto word = std::bit_cast<std::uint64_t>(bytes);
    return static_cast<std::int64_t>(word % (static_cast<std::uint64_t>(range) + 1));
}

} // namespace

// Rule 6 at epoch 0 is rule 1: the offer is the same.
bool KeyExchange::recovering(std::int64_t now) const {
    return silence_.lost(now, silence_limit_ns());
}

void KeyExchange::advance_offer(std::int64_t now, KeyActions& actions) {
    // What the peer's silence calls for goes before what the timer does.
    if (offer_ && recovering(now) && offer_->base != 0) {
        offer_.reset();
    }
    if (offer_ && (now >= ns(offer_->change_time) || too_far(offer_->change_time, now))) {
        give_up(now);
    }
    if (offer_ && now >= offer_->retry_at) {
        actions.emplace_back(key_action::Send{offer_->base, offer_->message});
        offer_->retry_at = now + offer_->retry_ns;
        offer_->retry_ns = std::min(2 * offer_->retry_ns, last_retry_ns);
    }
    if (offer_ && offer_->answering && recovering(now)) {
        offer_->answering = false; // not only when asked, from now on
        offer_->retry_at = now + offer_->retry_ns;
    }
    if (offer_ || now < offer_time(now)) {
        return;
    }
    if (!services_->may_start()) {
        paced_until_ = now + nanoseconds_per_second;
        return;
    }
    start(recovering(now) ? 0 : current_.epoch, false, now, actions);
}

void KeyExchange::give_up(std::int64_t now) {
    if (!offer_->answering) {
        ++failures_;
        ++given_up_;
        failed_at_ = now;
    }
    offer_.reset();
}

std::int64_t KeyExchange::offer_time(std::int64_t now) const {
    return std::max(reason_time(now), blocked_until(now));
}

// When there is a reason to offer, if nothing stands in the way.
std::int64_t KeyExchange::reason_time(std::int64_t now) const {
    const std::int64_t limit = silence_limit_ns();
    std::int64_t reason = silence_.lost_at(limit);
    if (current_.epoch > 0) {
        reason = std::min(reason, rekey_at_);
    } else if (carries_data_) {
        reason = 0;
    }
    const bool unconfirmed = changing() && !exchange_->saved.agreed;
    if (unconfirmed) {
        reason = std::min(reason, unconfirmed_until(now)); // another exchange replaces it
    }
    if (reason == never) {
        return never;
    }
    std::int64_t pause = 0;
    if (failures_ > 0) {
        pause = recovering(now) ? first_retry_ns
                : unconfirmed   ? limit
                                : std::min(limit << std::min(failures_ - 1, most_doublings),
                                           std::max(limit, ns(longest_pause_s)));
    }
    return std::max({reason, failed_at_ + pause, paced_until_});
}

// Until when no offer may be made, whatever the reason.
std::int64_t KeyExchange::blocked_until(std::int64_t now) const {
    if (top_epoch() == UINT32_MAX) {
        return never;
    }
    if (changing()) {
        // An agreed change comes first, in recovery too: silence is measured anew then.
        return exchange_->saved.agreed ? never : unconfirmed_until(now);
    }
    // The previous epoch gets its lifetime (rule 5); another change would cut it short.
    return !previous_ || previous_ends_ == never || recovering(now) ? 0 : previous_ends_;
}

// Of a key that was accepted: the initiator may be confirming; it shows that soon after the change
// time, by packets on the new routes. An own offer any earlier could replace a key that it counts
// on (docs/protocol.md, 9, rule 4: kept until confirmed or replaced). Precondition: changing().
std::int64_t KeyExchange::unconfirmed_until(std::int64_t now) const {
    return change_time_is_void(now) ? 0
                                    : ns(exchange_->saved.next.change_time) + silence_limit_ns();
}

// `base`: the epoch on whose routes it is offered, the current one or 0.
void KeyExchange::start(std::uint32_t base, bool answering, std::int64_t now, KeyActions& actions) {
    offer_ = std::make_unique<Offer>();
    offer_->base = base;
    offer_->epoch = top_epoch() + 1;
    offer_->change_time = whole_seconds_up(now) + lead();
    if (changing() && !change_time_is_void(now)) {
        // It has to replace that one at both ends (rule 2).
        offer_->change_time = std::max(offer_->change_time, exchange_->saved.next.change_time + 1);
    }
    const ExchangeKeys keys = crypto_->derive(key_of(base), outgoing());
    const KeyMessageSubject subject{settings_.method, offer_->epoch,
                                    static_cast<std::uint32_t>(offer_->change_time)};
    const auto make = [&](std::span<const std::uint8_t> body) {
        return make_key_message(*crypto_, subject, KeyStep::offer, body, keys.mac, std::nullopt);
    };
    if (settings_.method == KeyMethod::wrap) {
        SecretBytes<key_message::new_key_size> key;
        services_->random(key.bytes);
        offer_->key = *config::SessionKey::from_bytes(key.bytes);
        offer_->message = make(crypto_->wrap(keys.wrap, offer_->key));
    } else {
        services_->random(offer_->private_key.bytes);
        offer_->message = make(crypto_->public_key(offer_->private_key));
    }
    offer_->answering = answering;
    offer_->retry_at = answering ? never : now + offer_->retry_ns;
    offer_->retry_ns *= 2;
    actions.emplace_back(key_action::Send{base, offer_->message});
}

// The peer offers an epoch that is not above the own one: it lost its state (rule 6).
void KeyExchange::answer_lost_peer(std::int64_t now, KeyActions& actions) {
    if (now - answered_at_ < answer_interval_ns || top_epoch() == UINT32_MAX) {
        return;
    }
    answered_at_ = now;
    if (offer_ && offer_->base == 0) {
        actions.emplace_back(key_action::Send{0, offer_->message});
    } else if (services_->may_start()) {
        start(0, true, now, actions);
    }
}

void KeyExchange::schedule_rekey(std::int64_t now) {
    const std::int64_t interval = ns(settings_.rekey_interval);
    const std::int64_t window = ns(std::min(settings_.rekey_window, settings_.rekey_interval / 2));
    const std::int64_t since = std::min(ns(current_.change_time), now);
    const std::int64_t spread = random_up_to(*services_, 2 * window);
    rekey_at_ = since + interval - window + spread;
    if (rekey_at_ <= now) { // it was down meanwhile
        rekey_at_ = now + spread;
    }
}

} // namespace mt6d
