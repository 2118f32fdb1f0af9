// SPDX-License-Identifier: BSD-3-Clause
// From accept to the end of the previous epoch (docs/protocol.md, 9, rules 3 to 5).
#include "control/exchange/key_exchange_parts.hpp"

#include <algorithm>
#include <utility>

namespace mt6d {

using key_exchange::ns;

// In place of another one under way, if there is one.
void KeyExchange::begin(std::unique_ptr<Exchange> exchange, KeyActions& actions) {
    if (changing() && exchange_->held) {
        actions.emplace_back(key_action::DropKey{exchange_->saved.next.epoch});
    }
    offer_.reset();
    exchange_ = std::move(exchange);
    exchange_->generation = persist(actions); // rule 3: before the first accept or confirm
}

void KeyExchange::advance_exchange(std::int64_t now, KeyActions& actions) {
    if (!exchange_) {
        return;
    }
    if (changing() && exchange_->generation <= persisted_) {
        if (!exchange_->held) {
            hold(now, actions);
            actions.emplace_back(key_action::Send{exchange_->saved.base, exchange_->saved.answer});
        }
        const bool due = now >= ns(exchange_->saved.next.change_time) || change_time_is_void(now);
        if (exchange_->saved.agreed && due) {
            change_epoch(now, actions);
        }
    }
    if (now >= exchange_->repeat_at) { // initiator alone
        if (exchange_->changed && recovering(now)) {
            // It may be these confirms that keep the peer from taking an offer of recovery.
            exchange_->repeat_at = never;
            return;
        }
        actions.emplace_back(key_action::Send{exchange_->saved.base, exchange_->saved.answer});
        exchange_->repeat_at = now + exchange_->repeat_ns;
        exchange_->repeat_ns = std::min(2 * exchange_->repeat_ns, last_retry_ns);
    }
}

void KeyExchange::hold(std::int64_t now, KeyActions& actions) {
    exchange_->held = true;
    seen_.heard_next = 0;
    actions.emplace_back(
        key_action::HoldKey{exchange_->saved.next.epoch, exchange_->saved.next.key});
    if (exchange_->initiator()) {
        exchange_->repeat_at = now + exchange_->repeat_ns;
        exchange_->repeat_ns *= 2;
    }
}

void KeyExchange::hold_failed(std::uint32_t epoch, std::int64_t now, KeyActions& actions) {
    if (exchange_ && exchange_->saved.next.epoch == epoch) {
        if (exchange_->changed) {
            take_back_change(now);
        }
        ++failures_;
        ++given_up_;
        failed_at_ = now;
    } else {
        if (previous_ && previous_->epoch > 0 && previous_->epoch != epoch) {
            actions.emplace_back(key_action::DropKey{previous_->epoch});
        }
        current_ = {};
        previous_.reset();
        rekey_at_ = never;
    }
    previous_ends_ = never;
    exchange_.reset();
    persist(actions);
}

// It was held and changed to at one moment: nothing was sent with it.
void KeyExchange::take_back_change(std::int64_t now) {
    current_ = *std::exchange(previous_, std::nullopt);
    recoveries_ -= exchange_->saved.base == current_.epoch ? 0 : 1;
    --changes_;
    if (current_.epoch > 0) {
        schedule_rekey(now);
    } else {
        rekey_at_ = never;
    }
}

// The responder knows that the initiator has the key. It is on disk before anything is sent with
// it: a restart must not go back to an epoch that the initiator has ended meanwhile.
void KeyExchange::agree(KeyActions& actions) {
    exchange_->saved.agreed = true;
    exchange_->generation = persist(actions);
    offer_.reset();
}

void KeyExchange::change_epoch(std::int64_t now, KeyActions& actions) {
    if (previous_) {
        actions.emplace_back(key_action::DropKey{previous_->epoch});
    }
    const bool recovery = exchange_->saved.base != current_.epoch;
    recoveries_ += recovery ? 1 : 0;
    ++changes_;
    previous_ = std::exchange(current_, exchange_->saved.next);
    previous_ends_ = exchange_->heard ? now + ns(settings_.lifetime) : never;
    exchange_->changed = true;
    exchange_->saved.next.key = {};
    offer_.reset();
    failures_ = 0;
    silence_ = Silence(now);
    seen_.heard_current = std::exchange(seen_.heard_next, 0);
    schedule_rekey(now);
    actions.emplace_back(key_action::SendOn{
        current_.epoch, key_action::SendOn::Change{exchange_->initiator(), recovery}});
    if (exchange_->initiator() && !exchange_->heard) {
        // From now on a confirm is answered on the new routes: ask at once.
        exchange_->repeat_at = now;
        exchange_->repeat_ns = first_retry_ns;
    } else if (exchange_->initiator() || exchange_->asked) {
        actions.emplace_back(key_action::Send{current_.epoch, {}});
    }
}

// The disk forgets it as well.
void KeyExchange::end_previous(KeyActions& actions) {
    actions.emplace_back(key_action::DropKey{previous_->epoch});
    previous_.reset();
    previous_ends_ = never;
    if (!changing()) {
        exchange_.reset();
    }
    persist(actions);
}

void KeyExchange::heard_current(std::int64_t now, KeyActions& actions) {
    if (silence_.quiet(now, silence_limit_ns())) {
        failures_ = 0; // it is back
    }
    silence_.heard(now);
    if (offer_ && offer_->base != current_.epoch) {
        offer_.reset(); // it was for a peer that is not lost
    }
    if (previous_ && previous_ends_ == never) {
        previous_ends_ = now + ns(settings_.lifetime); // rule 5
    }
    if (exchange_ && exchange_->changed && !exchange_->heard) {
        exchange_->heard = true;
        if (exchange_->initiator()) {
            // The responder may have heard confirms alone, which travel on the old routes: so that
            // its previous epoch ends too, where the hosts have nothing to say.
            exchange_->repeat_at = never;
            actions.emplace_back(key_action::Send{current_.epoch, {}});
        }
    }
}

// Precondition: its key is held and not in use yet.
void KeyExchange::heard_next(std::int64_t now, KeyActions& actions) {
    silence_.heard(now);
    exchange_->heard = true;
    exchange_->repeat_at = never;
    if (!exchange_->saved.agreed) {
        agree(actions);
    }
}

} // namespace mt6d
