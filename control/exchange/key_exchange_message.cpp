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
    if (const auto refusal = handle(route, bytes, now, actions)) {
        refuse(*refusal, now);
    }
    advance(now, actions);
}

std::optional<KeyRefusal> KeyExchange::handle(std::uint32_t route,
                                              std::span<const std::uint8_t> bytes, std::int64_t now,
                                              KeyActions& actions) {
    if (settings_.method == KeyMethod::off) {
        return KeyRefusal::switched_off;
    }
    const auto parsed = parse_key_message(bytes);
    if (const auto* const wrong = std::get_if<KeyRefusal>(&parsed)) {
        return *wrong;
    }
    const auto& message = std::get<KeyMessage>(parsed);
    if (message.kind != settings_.method) {
        return KeyRefusal::other_kind;
    }
    const Incoming incoming{&message, route, full_time(message.change_time, now)};
    std::optional<KeyRefusal> refusal;
    // That a peer looks for this one says no more than that it cannot be talked to.
    bool sign_of_life = true;
    switch (message.step) {
    case KeyStep::offer:
        sign_of_life = !is_recovery(incoming);
        refusal = on_offer(incoming, now, actions);
        break;
    case KeyStep::accept:
        refusal = on_accept(route, message, now, actions);
        break;
    case KeyStep::confirm:
        refusal = on_confirm(route, message, actions);
        break;
    }
    if (!refusal && sign_of_life && route == current_.epoch) {
        heard_current(now, actions);
    }
    return refusal;
}

std::optional<KeyRefusal> KeyExchange::on_offer(const Incoming& offer, std::int64_t now,
                                                KeyActions& actions) {
    const KeyMessage& message = *offer.message;
    const auto is_made_with = [&](const config::SessionKey& key) {
        return has_right_mac(*crypto_, message, crypto_->derive(key, incoming()).mac, std::nullopt);
    };
    if (offer.route != current_.epoch && offer.route != 0) {
        if (offer.route == next_epoch() && is_made_with(exchange_->saved.next.key)) {
            heard_next(now, actions); // the peer is there already; it will offer again
        }
        return KeyRefusal::wrong_route;
    }
    if (!is_made_with(key_of(offer.route))) {
        return KeyRefusal::wrong_mac;
    }
    if (is_accepted(offer)) {
        if (exchange_->held) { // else the accept goes out as soon as the key is on disk
            actions.emplace_back(key_action::Send{offer.route, exchange_->saved.answer});
        }
        return std::nullopt;
    }
    if (const auto reason = check_time(offer, now)) {
        return reason;
    }
    if (is_recovery(offer) && current_.epoch > 0 && message.epoch <= top_epoch()) {
        answer_lost_peer(now, actions);
        return std::nullopt;
    }
    if (const auto reason = check_rank(offer, now)) {
        return reason;
    }
    return take(offer, actions);
}

// The very offer whose accept is stored (rule 2).
bool KeyExchange::is_accepted(const Incoming& offer) const {
    return changing() && !exchange_->initiator() && offer.route == exchange_->saved.base
           && std::ranges::equal(view_key_message(exchange_->saved.offer).before_mac,
                                 offer.message->before_mac);
}

// Whoever made the offer that was accepted gave it up, and makes another: what allowed the one
// allows the other.
bool KeyExchange::is_renewed(const Incoming& offer) const {
    return changing() && !exchange_->initiator() && !exchange_->saved.agreed
           && offer.route == exchange_->saved.base
           && offer.message->epoch == exchange_->saved.next.epoch;
}

bool KeyExchange::is_recovery(const Incoming& offer) const {
    return offer.route == 0 && (current_.epoch > 0 || offer.message->epoch != 1);
}

std::optional<KeyRefusal> KeyExchange::check_time(const Incoming& offer, std::int64_t now) const {
    if (ns(offer.change_time) - now < -ns(settings_.lifetime)) {
        return KeyRefusal::too_late;
    }
    if (too_far(offer.change_time, now)) {
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
    // At epoch 0 with no exchange under way there is no stored state.
    const bool has_state = current_.epoch > 0 || changing();
    if (is_recovery(offer) && has_state && !is_renewed(offer)
        && !silence_.quiet(now, silence_limit_ns())) {
        return KeyRefusal::not_silent;
    }
    if (changing()) {
        const EpochKey& next = exchange_->saved.next;
        const bool later = offer.change_time > next.change_time || change_time_is_void(now);
        // An initiator's key may be in the peer's hands, and confirmed: another for the same epoch
        // would not meet it. It goes on confirming.
        if (epoch <= next.epoch && (exchange_->initiator() || !later)) {
            return KeyRefusal::older;
        }
    }
    // Whatever the routes of the two: else a recovery and a renewal that cross would make both
    // sides responders.
    if (offer_ && offer_->epoch == epoch
        && std::ranges::lexicographical_compare(offer.message->body,
                                                view_key_message(offer_->message).body)) {
        return KeyRefusal::own_stands;
    }
    return std::nullopt;
}

// Makes the new key and its accept, which waits for the disk.
std::optional<KeyRefusal> KeyExchange::take(const Incoming& offer, KeyActions& actions) {
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
        return KeyRefusal::bad_body;
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
    return std::nullopt;
}

std::optional<KeyRefusal> KeyExchange::on_accept(std::uint32_t route, const KeyMessage& accept,
                                                 std::int64_t now, KeyActions& actions) {
    if (!offer_ || offer_->base != route || offer_->epoch != accept.epoch
        || static_cast<std::uint32_t>(offer_->change_time) != accept.change_time
        || now >= ns(offer_->change_time)) {
        return on_late_accept(route, accept);
    }
    const auto keys = public_keys(view_key_message(offer_->message), accept);
    const auto key = keys ? crypto_->agree(offer_->private_key, keys->responder, key_of(route),
                                           keys->initiator, keys->responder)
                          : std::optional(offer_->key);
    if (!key) {
        return KeyRefusal::bad_body;
    }
    if (!has_right_mac(*crypto_, accept, crypto_->derive(*key, incoming()).mac, keys)) {
        return KeyRefusal::wrong_mac;
    }
    auto exchange = std::make_unique<Exchange>();
    SavedExchange& saved = exchange->saved;
    saved.role = KeyRole::initiator;
    saved.agreed = true;
    saved.base = route;
    saved.next = {offer_->epoch, offer_->change_time, *key};
    exchange->accept = KeyMessageBytes(accept.before_mac);
    exchange->accept.append(accept.mac);
    saved.answer =
        make_key_message(*crypto_, {accept.kind, accept.epoch, accept.change_time},
                         KeyStep::confirm, {}, crypto_->derive(*key, outgoing()).mac, keys);
    begin(std::move(exchange), actions);
    return std::nullopt;
}

// No own offer waits for it. The one that was taken may come again. What differs from that cannot
// be checked any more, the private key is gone: and there is one accept to an offer.
std::optional<KeyRefusal> KeyExchange::on_late_accept(std::uint32_t route,
                                                      const KeyMessage& accept) const {
    if (!exchange_ || exchange_->accept.empty() || exchange_->saved.base != route
        || !exchange_->is_of(accept)) {
        return KeyRefusal::unexpected;
    }
    const KeyMessage taken = view_key_message(exchange_->accept);
    const bool repeated = std::ranges::equal(accept.before_mac, taken.before_mac)
                          && std::ranges::equal(accept.mac, taken.mac);
    return repeated ? std::nullopt : std::optional(KeyRefusal::wrong_mac);
}

std::optional<KeyRefusal> KeyExchange::on_confirm(std::uint32_t route, const KeyMessage& confirm,
                                                  KeyActions& actions) {
    if (!exchange_ || exchange_->initiator() || !exchange_->held || exchange_->saved.base != route
        || !exchange_->is_of(confirm)) {
        return KeyRefusal::unexpected;
    }
    const auto keys = public_keys(view_key_message(exchange_->saved.offer),
                                  view_key_message(exchange_->saved.answer));
    const config::SessionKey& key = exchange_->changed ? current_.key : exchange_->saved.next.key;
    if (!has_right_mac(*crypto_, confirm, crypto_->derive(key, incoming()).mac, keys)) {
        return KeyRefusal::wrong_mac;
    }
    exchange_->asked = true;
    if (exchange_->changed) {
        actions.emplace_back(key_action::Send{current_.epoch, {}});
    } else if (!exchange_->saved.agreed) {
        agree(actions);
    }
    return std::nullopt;
}

} // namespace mt6d
