// SPDX-License-Identifier: BSD-3-Clause
// A gateway's side of key exchange for truth tables: does at once what the machine asks for, and
// keeps a record.
#pragma once

#include "control/exchange/key_exchange.hpp"
#include "tests/unit/key_exchange_fakes.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace mt6d::test {

inline constexpr std::int64_t second = nanoseconds_per_second;
inline constexpr std::int64_t exchange_start = 1'800'000'000 * second; // a moment in 2027

inline config::SessionKey session_key(std::uint8_t value) {
    std::array<std::uint8_t, 64> bytes{};
    bytes.fill(value);
    return *config::SessionKey::from_bytes(bytes);
}

// R = 10 s, L = 30 s: silence after 30 s, offers 30 s ahead.
inline KeyExchangeSettings usual_settings(bool mirrored = false) {
    KeyExchangeSettings settings;
    settings.own.bytes.fill(mirrored ? 2 : 1);
    settings.peer.bytes.fill(mirrored ? 1 : 2);
    settings.key = session_key(0x77);
    return settings;
}

class ExchangeGateway {
public:
    explicit ExchangeGateway(const KeyExchangeSettings& configured, ExchangeCrypto& crypto,
                             std::int64_t now, std::uint64_t seed = 1)
        : settings(configured), services(std::make_unique<FakeServices>(seed)), crypto_(&crypto),
          machine(settings, *services, crypto, now), latest(now) {}

    // Another process, from what is on disk.
    void restart(std::int64_t now) {
        machine = KeyExchange(settings, *services, *crypto_, now);
        latest = now;
        held.clear();
        send_epoch = 0;
        data_on_0 = true;
        traffic = {};
        if (disk) {
            restored = machine.restore(*disk, now, actions);
            perform(now);
        }
    }
    void carry(std::int64_t now) {
        machine.data_carried(now, actions);
        perform(now);
    }
    void rekey(std::int64_t now) {
        machine.rekey_now(now, actions);
        perform(now);
    }
    void hear(std::uint32_t epoch, std::int64_t now) {
        machine.heard(epoch, now, actions);
        perform(now);
    }
    void get(const key_action::Send& packet, std::int64_t now) {
        if (packet.message.empty()) {
            hear(packet.epoch, now);
            return;
        }
        machine.message(packet.epoch, packet.message.bytes(), now, actions);
        perform(now);
    }
    void tick(std::int64_t now) {
        machine.tick(now, traffic, actions);
        perform(now);
    }
    void observe(std::int64_t now) {
        machine.observe(traffic, now, actions);
        perform(now);
    }
    // All ticks that are due until then, and a look at the counters each second. With `hearing`,
    // the peer is heard before each of these.
    void run_until(std::int64_t end, bool hearing = false) {
        while (true) {
            const std::int64_t look = latest + second;
            const std::int64_t due = machine.next_deadline().value_or(INT64_MAX);
            if (std::min(look, due) > end) {
                return;
            }
            if (due <= look) {
                tick(std::max(due, latest));
            } else {
                traffic.heard_current += hearing ? 1 : 0;
                observe(look);
            }
        }
    }
    // What was sent since this was asked last.
    std::vector<key_action::Send> take_sent() { return std::exchange(sent, {}); }
    std::optional<key_action::Send> last_sent() {
        const auto all = take_sent();
        return all.empty() ? std::nullopt : std::optional(all.back());
    }
    void finish_writes(std::int64_t now) {
        machine.persisted(generation, now, actions);
        perform(now);
    }

    KeyExchangeSettings settings;
    std::unique_ptr<FakeServices> services;

private:
    ExchangeCrypto* crypto_;

public:
    KeyExchange machine;
    KeyTraffic traffic;
    bool disk_works = true; // else writes wait for finish_writes()
    std::optional<SavedKeys> disk;
    std::uint64_t generation = 0;
    bool restored = false;
    std::map<std::uint32_t, config::SessionKey> held;
    bool data_on_0 = true;
    std::uint32_t send_epoch = 0;
    std::vector<key_action::Send> sent;
    std::vector<std::int64_t> sent_at;
    KeyActions actions;
    std::int64_t latest = 0; // when it did something

private:
    void perform(std::int64_t now) {
        latest = now;
        while (!actions.empty()) {
            for (const KeyAction& action : std::exchange(actions, {})) {
                act(action, now);
            }
        }
    }
    void act(const KeyAction& action, std::int64_t now) {
        if (const auto* const send = std::get_if<key_action::Send>(&action)) {
            sent.push_back(*send);
            sent_at.push_back(now);
        } else if (const auto* const hold = std::get_if<key_action::HoldKey>(&action)) {
            held[hold->epoch] = hold->key;
        } else if (const auto* const send_on = std::get_if<key_action::SendOn>(&action)) {
            send_epoch = send_on->epoch;
        } else if (const auto* const drop = std::get_if<key_action::DropKey>(&action)) {
            data_on_0 = data_on_0 && drop->epoch != 0;
            held.erase(drop->epoch);
        } else {
            const auto& persist = std::get<key_action::Persist>(action);
            generation = persist.generation;
            disk = persist.keys;
            if (disk_works) {
                machine.persisted(generation, now, actions);
            }
        }
    }
};

} // namespace mt6d::test
