// SPDX-License-Identifier: BSD-3-Clause
// What the peer says (docs/protocol.md, 9, rules 2, 4, 6 and 7).
#include "control/exchange/key_exchange_parts.hpp"

#include <algorithm>
#include <utility>

namespace mt6d {

using key_exchange::full_time;
using key_exchange::ns;
using key_exchange::public_keys;

void KeyExchange::message(std::uint32_t route, std::span<const std::uint8_t> bytes,
                          std::int64_t now, KeyActions& actions) {
    follow_clock(now);
    if (route == current_.epoch) {
        heard_current(now, actions);
    }
    const auto parsed = parse_key_message(bytes);
    if (settings_.method == KeyMethod::off) {
        refuse(KeyRefusal::switched_off, now);
        return;
    }
    if (const auto* const wrong = std::get_if<KeyRefusal>(&parsed)) {
        refuse(*wrong, now);
        return;
    }
    const auto& message = std::get<KeyMessage>(parsed);
    if (message.kind != settings_.method) {
        refuse(KeyRefusal::other_kind, now);
        return;
    }
    switch (message.step) {
    case KeyStep::offer:
        on_offer({&message, route, full_time(message.change_time, now)}, now, actions);
        break;
    case KeyStep::accept:
        on_accept(route, message, now, actions);
        break;
    case KeyStep::confirm:
        on_confirm(route, message, now, actions);
        break;
    }
    advance(now, actions);
}

void KeyExchange::on_offer(const Incoming& offer, std::int64_t now, KeyActions& actions) {
    if (offer.route != current_.epoch && offer.route != 0) {
        refuse(KeyRefusal::wrong_route, now);
        return;
    }
    const KeyMessage& message = *offer.message;
    if (!has_right_mac(*crypto_, message, crypto_->derive(key_of(offer.route), incoming()).mac,
                       std::nullopt)) {
        refuse(KeyRefusal::wrong_mac, now);
        return;
    }
    if (changing() && !exchange_->initiator() && offer.route == exchange_->saved.base
        && std::ranges::equal(exchange_->saved.offer.bytes().first(message.before_mac.size()),
                              message.before_mac)) {
        if (exchange_->held) { // else the accept goes out as soon as the key is on disk
            actions.emplace_back(key_action::Send{offer.route, exchange_->saved.answer});
        }
        return;
    }
    if (const auto reason = check_time(offer, now)) {
        refuse(*reason, now);
        return;
    }
    if (is_recovery(offer) && current_.epoch > 0 && message.epoch <= top_epoch()) {
        answer_lost_peer(now, actions);
        return;
    }
    if (const auto reason = check_rank(offer, now)) {
        refuse(*reason, now);
        return;
    }
    take(offer, now, actions);
}

bool KeyExchange::is_recovery(const Incoming& offer) const {
    return offer.route == 0 && (current_.epoch > 0 || offer.message->epoch != 1);
}

std::optional<KeyRefusal> KeyExchange::check_time(const Incoming& offer, std::int64_t now) const {
    const std::int64_t ahead = ns(offer.change_time) - now;
    if (ahead < -ns(settings_.lifetime)) {
        return KeyRefusal::too_late;
    }
    if (ahead > ns(farthest())) {
        return KeyRefusal::too_early;
    }
    // On epoch 0's routes, and older than the epoch in use: a packet that was long on its way, from
    // before the change. A peer that lost its state since offers a later time.
    const bool clock_is_right = ns(current_.change_time) <= now;
    if (offer.route == 0 && current_.epoch > 0 && clock_is_right
        && offer.change_time <= current_.change_time) {
        return KeyRefusal::older;
    }
    return std::nullopt;
}

// Whether it may take the place of what stands (rules 2 and 6).
std::optional<KeyRefusal> KeyExchange::check_rank(const Incoming& offer, std::int64_t now) const {
    const std::uint32_t epoch = offer.message->epoch;
    if (epoch <= current_.epoch || (!is_recovery(offer) && epoch != current_.epoch + 1)) {
        return KeyRefusal::other_epoch;
    }
    // Who is at epoch 0 has nothing to lose, stored state or none: epoch 0's key, a fresh change
    // time and a number above 1 say that the peer is beyond it.
    if (is_recovery(offer) && current_.epoch > 0 && !silence_.quiet(now, silence_limit_ns())) {
        return KeyRefusal::not_silent;
    }
    if (changing()) {
        const EpochKey& next = exchange_->saved.next;
        const bool forgotten = ns(next.change_time) - now > ns(farthest()); // the clock was set
        const bool later = offer.change_time > next.change_time || forgotten;
        // An initiator's key may be in the peer's hands, and confirmed: another for the same epoch
        // would not meet it. It goes on confirming.
        if (epoch <= next.epoch && (exchange_->initiator() || !later)) {
            return KeyRefusal::older;
        }
    }
    // Both for one epoch, unanswered, on the same routes: the larger body stands. On others, this
    // is a peer that can be heard, and the own one was for one that cannot.
    if (offer_ && offer_->epoch == epoch && offer_->base == offer.route
        && std::ranges::lexicographical_compare(offer.message->body,
                                                view_key_message(offer_->message).body)) {
        return KeyRefusal::own_stands;
    }
    return std::nullopt;
}

// Makes the new key and its accept, which waits for the disk.
void KeyExchange::take(const Incoming& offer, std::int64_t now, KeyActions& actions) {
    const KeyMessage& message = *offer.message;
    const config::SessionKey& old_key = key_of(offer.route);
    std::optional<config::SessionKey> key;
    std::optional<PublicKeys> keys;
    if (message.kind == KeyMethod::wrap) {
        key = crypto_->unwrap(crypto_->derive(old_key, incoming()).wrap, message.body);
    } else {
        PrivateKey own; // wiped at the end of this function: the accept can be repeated without it
        services_->random(own.bytes);
        keys = PublicKeys{message.public_key(), crypto_->public_key(own)};
        key = crypto_->agree(own, keys->initiator, old_key, keys->initiator, keys->responder);
    }
    if (!key) {
        refuse(KeyRefusal::bad_body, now);
        return;
    }
    auto exchange = std::make_unique<Exchange>();
    SavedExchange& saved = exchange->saved;
    saved.role = KeyRole::responder;
    saved.base = offer.route;
    saved.next = {message.epoch, offer.change_time, *key};
    saved.offer = KeyMessageBytes(message.before_mac);
    saved.offer.append(message.mac);
    saved.answer = make_key_message(
        *crypto_, {message.kind, message.epoch, message.change_time}, KeyStep::accept,
        keys ? std::span<const std::uint8_t>(keys->responder) : std::span<const std::uint8_t>(),
        crypto_->derive(*key, outgoing()).mac, keys);
    begin(std::move(exchange), actions);
}

void KeyExchange::on_accept(std::uint32_t route, const KeyMessage& accept, std::int64_t now,
                            KeyActions& actions) {
    if (!offer_ || offer_->base != route || offer_->epoch != accept.epoch
        || static_cast<std::uint32_t>(offer_->change_time) != accept.change_time
        || reached(offer_->change_time, now)) {
        if (!exchange_ || !exchange_->is_of(accept)) { // a repeated one is nothing to tell
            refuse(KeyRefusal::unexpected, now);
        }
        return;
    }
    const auto keys = public_keys(view_key_message(offer_->message), accept);
    const auto key = keys ? crypto_->agree(offer_->private_key, keys->responder, key_of(route),
                                           keys->initiator, keys->responder)
                          : std::optional(offer_->key);
    if (!key) {
        refuse(KeyRefusal::bad_body, now);
        return;
    }
    if (!has_right_mac(*crypto_, accept, crypto_->derive(*key, incoming()).mac, keys)) {
        refuse(KeyRefusal::wrong_mac, now);
        return;
    }
    auto exchange = std::make_unique<Exchange>();
    SavedExchange& saved = exchange->saved;
    saved.role = KeyRole::initiator;
    saved.agreed = true;
    saved.base = route;
    saved.next = {offer_->epoch, offer_->change_time, *key};
    saved.answer =
        make_key_message(*crypto_, {accept.kind, accept.epoch, accept.change_time},
                         KeyStep::confirm, {}, crypto_->derive(*key, outgoing()).mac, keys);
    begin(std::move(exchange), actions);
}

void KeyExchange::on_confirm(std::uint32_t route, const KeyMessage& confirm, std::int64_t now,
                             KeyActions& actions) {
    if (!exchange_ || exchange_->initiator() || !exchange_->held || exchange_->saved.base != route
        || !exchange_->is_of(confirm)) {
        refuse(KeyRefusal::unexpected, now);
        return;
    }
    const auto keys = public_keys(view_key_message(exchange_->saved.offer),
                                  view_key_message(exchange_->saved.answer));
    const config::SessionKey& key = exchange_->changed ? current_.key : exchange_->saved.next.key;
    if (!has_right_mac(*crypto_, confirm, crypto_->derive(key, incoming()).mac, keys)) {
        refuse(KeyRefusal::wrong_mac, now);
        return;
    }
    exchange_->asked = true;
    if (exchange_->changed) {
        actions.emplace_back(key_action::Send{current_.epoch, {}});
    } else if (!exchange_->saved.agreed) {
        agree(actions);
    }
}

} // namespace mt6d
