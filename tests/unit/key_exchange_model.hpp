// SPDX-License-Identifier: BSD-3-Clause
// Two gateways' key exchanges over a network that loses, doubles, delays, reorders, changes and
// records; with disks, crashes and clocks that are set, and drivers that are late, cannot send or
// cannot write. Everything follows from a seed.
//
//     Side 0: KeyExchange ── held keys, disk ──▶ Network ──▶ held keys, disk ── KeyExchange: Side 1
//
// A Side does with actions what a gateway does. What is wrong in itself (a packet on routes of a
// key that was dropped, say) is noted in `faults` at once.
#pragma once

#include "control/exchange/key_exchange.hpp"
#include "control/keepalive.hpp"
#include "tests/unit/key_exchange_fakes.hpp"
#include "tests/unit/key_exchange_model_disk.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace mt6d::test {

struct ModelPacket {
    int from = 0;
    std::uint32_t epoch = 0; // of the routes
    config::SessionKey key;
    bool data = false;
    KeyMessageBytes message;  // empty: none
    std::int64_t stamp = 0;   // the sender's clock: routes live for a time
    std::int64_t arrives = 0; // true time
    bool changed = false;     // on its way
};

// Probabilities in thousandths.
struct ModelTroubles {
    unsigned lose_message = 0;
    unsigned lose_any = 0;
    unsigned duplicate = 0;
    unsigned change_message = 0;
    unsigned delay_long = 0; // by up to 40 s, else by up to delay_ms
    unsigned delay_ms = 1000;
    unsigned block = 0;      // a step: one direction begins or ends to be blocked
    unsigned crash_step = 0; // a step
    unsigned crash_action = 0;
    unsigned set_clock = 0;  // a step
    unsigned lose_disk = 0;  // a restart
    unsigned old_disk = 0;   // a restart
    unsigned lose_part = 0;  // a restart: the keys are lost, or what is known of their numbers
    unsigned disk_ms = 2000; // a write takes up to this
    unsigned disk_full = 0;  // a step: a disk becomes full, or has room again
    unsigned lose_send = 0;  // an action: its packet has no route yet, or finds no room
    unsigned late = 0;       // a step: nothing is done for up to late_ms
    unsigned late_ms = 3000;
    unsigned replay = 0;   // a step: somebody plays a recorded message
    unsigned no_leave = 0; // an offer
    unsigned down_s = 20;  // a crash costs up to this
    unsigned up_s = 0;     // and lets a side run at least this
};

class ModelSide {
public:
    struct Held {
        config::SessionKey key;
        std::uint64_t heard = 0;
    };
    ModelSide(const KeyExchangeSettings& configured, ExchangeCrypto& crypto, std::uint64_t seed)
        : settings(configured), services(seed), crypto_(&crypto) {}
    ModelSide(const ModelSide&) = delete; // `numbers` points to `disk`
    ModelSide& operator=(const ModelSide&) = delete;
    ~ModelSide() = default;

    KeyExchangeSettings settings;
    FakeServices services;
    std::int64_t clock_offset = 0;
    std::int64_t drift_ppm = 0;

    // Of one life of the process.
    std::optional<KeyExchange> machine;
    std::map<std::uint32_t, Held> held; // epoch 0 is always there
    bool data_on_0 = true;
    std::uint32_t send_on = 0;    // what the machine wants,
    std::uint32_t send_epoch = 0; // and what is sent on
    std::uint64_t data_sent = 0;
    std::uint64_t sent = 0;
    std::uint64_t data_heard = 0;
    KeepAlive keepalive;
    std::uint64_t writes = 0; // asked for
    // True times.
    std::int64_t restart_at = 0;
    std::int64_t started_at = 0;
    std::int64_t look_at = 0;
    std::int64_t late_until = 0;

    ModelDisk disk;
    ModelNumbers numbers{disk};

    [[nodiscard]] std::int64_t clock(std::int64_t now) const {
        return now + clock_offset + now / 1'000'000 * drift_ppm;
    }
    [[nodiscard]] bool up() const { return machine.has_value(); }
    [[nodiscard]] ExchangeCrypto& crypto() const { return *crypto_; }

private:
    ExchangeCrypto* crypto_;
};

class ExchangeModel {
public:
    static constexpr std::int64_t second = nanoseconds_per_second;
    static constexpr std::int64_t step = second / 2;

    ExchangeModel(const KeyExchangeSettings& settings, std::uint64_t seed, ExchangeCrypto& crypto);

    // So much of simulated time goes by.
    void run(std::int64_t duration);
    // No more trouble: the network delivers, both are up, clocks are within R of each other.
    void heal();

    ModelTroubles troubles;
    std::array<std::int64_t, 2> data_every{}; // steps between a side's data packets; 0: none
    std::uint64_t packets_at_once = 1;        // then
    std::array<ModelSide, 2> sides;
    std::vector<std::string> faults;
    bool tell = false;       // what happens, on standard output
    bool count_lost = false; // a data packet that its receiver cannot open is a fault
    std::uint64_t data_opened = 0;
    std::uint64_t messages_delivered = 0;
    std::uint64_t recoveries = 0; // of lives that ended
    std::uint64_t crashes = 0;
    std::uint64_t replays = 0;
    std::array<std::int64_t, 2> last_unopened{}; // true time, data towards this side

    [[nodiscard]] std::int64_t now() const { return now_; }
    // Everything that either side ever got, given to it again.
    void replay_old_messages();
    // What stands at the end: differing keys for one epoch, keys on disk that should not be.
    void check_rest();

private:
    struct Delivered {
        int to;
        std::uint32_t route;
        KeyMessageBytes message;
    };

    bool chance(unsigned thousandths) { return thousandths > 0 && engine_() % 1000 < thousandths; }
    std::int64_t up_to(std::int64_t most) {
        return most <= 0
                   ? 0
                   : static_cast<std::int64_t>(engine_() % static_cast<unsigned long>(most + 1));
    }
    void fault(const std::string& text);
    void say(int which, const std::string& text) const;
    [[nodiscard]] std::string moment() const;
    [[nodiscard]] std::string text_of(int which, const KeyMessageBytes& message) const;

    void make_trouble();
    void start(int which);
    void crash(int which);
    [[nodiscard]] bool may_crash(int which, unsigned thousandths);
    void step_side(int which);
    void tick(int which);
    [[nodiscard]] bool is_due(int which);
    [[nodiscard]] KeyTraffic traffic(int which);
    void perform(int which);
    void act(int which, const KeyAction& action);
    void hold(int which, const key_action::HoldKey& hold);
    void change(int which);
    void drop(int which, const key_action::DropKey& drop);
    void write(int which, const key_action::Persist& persist);
    void hear_of_disk(int which);
    void load(int which);
    void lose_state(int which);

    // key_exchange_model_network.cpp
    void deliver_all();
    void send(int which, std::uint32_t epoch, bool data, const KeyMessageBytes& message);
    void transmit(ModelPacket packet);
    void record(const ModelPacket& packet);
    void replay();
    void deliver(ModelPacket packet);
    void count_data(int to, const ModelPacket& packet, bool opens);
    void deliver_message(int to, const ModelPacket& packet);
    [[nodiscard]] std::int64_t local(int which) const {
        return sides.at(static_cast<std::size_t>(which)).clock(now_);
    }
    // What its clock said when the run began, seconds.
    [[nodiscard]] std::int64_t clock_start(int which) const {
        return local(which) / second - (now_ / second - 1'800'000'000);
    }
    ModelSide& side(int which) { return sides[static_cast<std::size_t>(which)]; }

    std::mt19937_64 engine_;
    std::int64_t now_;
    std::vector<ModelPacket> flying_;
    std::vector<ModelPacket> recorded_; // some of the messages that were sent
    std::array<bool, 2> blocked_{};     // what this side sends
    KeyActions actions_;                // of the side that acts
    std::vector<Delivered> delivered_;
};

} // namespace mt6d::test
