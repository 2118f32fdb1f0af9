// SPDX-License-Identifier: BSD-3-Clause
#include "key_peer.hpp"

#include <utility>

namespace mt6d::test {

std::optional<Octets> key_option_of(const Octets& packet) {
    constexpr std::size_t headers = 40;
    if (packet.at(6) != protocol::destination_options) {
        return std::nullopt;
    }
    const std::size_t end = headers + 8 * (packet.at(headers + 1) + std::size_t{1});
    for (std::size_t at = headers + 2; at < end;) {
        if (packet.at(at) == 0) {
            ++at;
            continue;
        }
        const std::size_t length = packet.at(at + 1);
        if (packet[at] == 0xcc) {
            return slice(packet, at + 2, length);
        }
        at += 2 + length;
    }
    return std::nullopt;
}

KeyPeer::KeyPeer(const config::Stream& stream, std::int64_t now) {
    streams_.emplace(0, stream);
    const config::StreamOptions& options = stream.options;
    exchange_.emplace(KeyExchangeSettings{.method = options.rekey.method,
                                          .rekey_interval = options.rekey.interval,
                                          .rekey_window = options.rekey.window,
                                          .rotation = options.rotation,
                                          .lifetime = options.lifetime,
                                          .own = stream.remote.address,
                                          .peer = stream.local.address,
                                          .key = stream.key},
                      static_cast<KeyExchangeServices&>(*this), crypto_, now);
}

void KeyPeer::start(std::int64_t now) {
    exchange_->data_carried(now, actions_);
    carry_out(now);
}

std::optional<std::uint32_t> KeyPeer::hear(const Octets& packet, Salt salt, std::int64_t now) {
    for (const auto& [epoch, stream] : streams_) {
        const Route route = outgoing(stream, salt);
        if (slice(packet, 8, 32) != octets(route.source) + octets(route.destination)) {
            continue;
        }
        if (const auto message = key_option_of(packet)) {
            exchange_->message(epoch, *message, now, actions_);
        } else {
            ++heard_[epoch];
            exchange_->heard(epoch, now, actions_);
        }
        const std::uint32_t found = epoch;
        carry_out(now);
        return found;
    }
    return std::nullopt;
}

std::vector<Octets> KeyPeer::take_sent(Salt salt, std::int64_t now) {
    const auto next = exchange_->next_epoch();
    exchange_->tick(now,
                    {.data_sent = data_sent_,
                     .heard_current = heard_[exchange_->epoch()],
                     .heard_next = next ? heard_[*next] : 0},
                    actions_);
    carry_out(now);
    std::vector<Octets> packets;
    for (const key_action::Send& send : std::exchange(to_send_, {})) {
        const auto bytes = send.message.bytes();
        packets.push_back(control(send.epoch, salt, Octets(bytes.begin(), bytes.end())));
    }
    return packets;
}

Octets KeyPeer::data(const Octets& inner, Salt salt) {
    ++data_sent_;
    return in_tunnel(sending_, salt, inner, {});
}

Octets KeyPeer::control(std::uint32_t epoch, Salt salt, const Octets& key_option) {
    const config::Stream& of = streams_.at(epoch);
    return in_tunnel(epoch, salt, control_packet(of.remote.address, of.local.address), key_option);
}

Octets KeyPeer::in_tunnel(std::uint32_t epoch, Salt salt, const Octets& inner,
                          const Octets& key_option) {
    const Route route = incoming(streams_.at(epoch), salt);
    TunnelForm form;
    form.destination_port =
        static_cast<std::uint16_t>(19766U + static_cast<unsigned>(exchange_->state()));
    const Octets more = key_option.empty() ? Octets{} : option(0xcc, key_option);
    if (route.key.cipher == Cipher::none) {
        if (!more.empty()) {
            form.options = options_header(more);
        }
        return tunnel(route, inner, form);
    }
    return sealed_tunnel(route, number_++, inner, {.outer = form, .more_options = more});
}

void KeyPeer::carry_out(std::int64_t now) {
    // Persisted at once: the peer's disk is fast.
    while (!actions_.empty()) {
        for (const KeyAction& action : std::exchange(actions_, {})) {
            if (const auto* send = std::get_if<key_action::Send>(&action)) {
                const auto bytes = send->message.bytes();
                messages_.emplace_back(bytes.begin(), bytes.end());
                to_send_.push_back(*send);
            } else if (const auto* hold = std::get_if<key_action::HoldKey>(&action)) {
                config::Stream with_key = streams_.at(0);
                with_key.key = hold->key;
                streams_.insert_or_assign(hold->epoch, with_key);
                heard_[hold->epoch] = 0;
            } else if (const auto* send_on = std::get_if<key_action::SendOn>(&action)) {
                sending_ = send_on->epoch;
            } else if (const auto* drop = std::get_if<key_action::DropKey>(&action)) {
                if (drop->epoch != 0) {
                    streams_.erase(drop->epoch);
                }
            } else if (const auto* persist = std::get_if<key_action::Persist>(&action)) {
                exchange_->persisted(persist->generation, now, actions_);
            }
        }
    }
}

void KeyPeer::random(std::span<std::uint8_t> bytes) {
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(random_());
    }
}

} // namespace mt6d::test
