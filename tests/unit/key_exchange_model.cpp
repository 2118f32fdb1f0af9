// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/key_exchange_model.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace mt6d::test {

namespace {

constexpr std::int64_t millisecond = nanoseconds_per_second / 1000;

KeyExchangeSettings mirrored(KeyExchangeSettings settings) {
    std::swap(settings.own, settings.peer);
    return settings;
}

} // namespace

ExchangeModel::ExchangeModel(const KeyExchangeSettings& settings, std::uint64_t seed,
                             ExchangeCrypto& crypto)
    : sides{{{settings, crypto, 2 * seed + 1}, {mirrored(settings), crypto, 2 * seed + 2}}},
      engine_(seed), now_(1'800'000'000 * second + up_to(second)) {
    for (ModelSide& each : sides) {
        // Nine tenths of R at most are between them: what is left, drift may use up.
        each.clock_offset = up_to(settings.rotation * second) * 9 / 10;
        each.drift_ppm = up_to(400) - 200;
        each.clock_offset -= now_ / 1'000'000 * each.drift_ppm;
    }
    start(0);
    start(1);
}

std::string ExchangeModel::moment() const {
    return std::to_string((now_ - 1'800'000'000 * second) / millisecond) + " ms";
}

void ExchangeModel::fault(const std::string& text) {
    faults.push_back("at " + moment() + ": " + text);
}

void ExchangeModel::say(int which, const std::string& text) const {
    if (tell) {
        std::printf("%s, side %d: %s\n", moment().c_str(), which, text.c_str());
    }
}

void ExchangeModel::run(std::int64_t duration) {
    for (const std::int64_t end = now_ + duration; now_ < end && faults.empty(); now_ += step) {
        make_trouble();
        deliver_all();
        step_side(0);
        step_side(1);
    }
}

void ExchangeModel::make_trouble() {
    for (int which : {0, 1}) {
        if (chance(troubles.block)) {
            bool& blocked = blocked_[static_cast<std::size_t>(which)];
            blocked = !blocked;
        }
        if (side(which).up() && may_crash(which, troubles.crash_step)) {
            crash(which);
        }
        if (chance(troubles.set_clock)) {
            side(which).clock_offset += up_to(120 * second) - 60 * second;
        }
        if (chance(troubles.disk_full)) {
            side(which).disk.is_full = !side(which).disk.is_full;
        }
        if (chance(troubles.late)) {
            side(which).late_until = now_ + up_to(troubles.late_ms * millisecond);
        }
    }
    if (chance(troubles.replay)) {
        replay();
    }
    if (chance(troubles.set_clock)) {
        const std::int64_t by = up_to(172800 * second) - 86400 * second;
        side(0).clock_offset += by;
        side(1).clock_offset += by;
    }
}

void ExchangeModel::heal() {
    troubles = {};
    troubles.delay_ms = 200;
    troubles.disk_ms = 500;
    for (ModelPacket& packet : flying_) {
        packet.arrives = std::min(packet.arrives, now_ + troubles.delay_ms * millisecond);
    }
    blocked_ = {};
    const std::int64_t offset = local(0) - now_;
    for (int which : {0, 1}) {
        side(which).drift_ppm = 0;
        side(which).clock_offset = offset + up_to(sides[0].settings.rotation * second) * 9 / 10;
        side(which).restart_at = std::min(side(which).restart_at, now_);
        side(which).late_until = now_;
        side(which).disk.is_full = false;
    }
}

void ExchangeModel::start(int which) {
    ModelSide& it = side(which);
    it.started_at = it.late_until = now_;
    it.machine.emplace(it.settings, it.services, it.crypto(), local(which));
    it.held.clear();
    it.data_on_0 = true;
    it.send_epoch = it.send_on = 0;
    it.data_sent = it.sent = it.data_heard = 0;
    it.keepalive = {};
    lose_state(which);
    it.numbers.begin_life();
    hold(which, {0, it.settings.key});
    load(which);
    if (it.up()) {
        it.numbers.settle();
    }
}

// What was there is gone, all of it or a part, or is as it was some writes ago.
void ExchangeModel::lose_state(int which) {
    ModelSide& it = side(which);
    if (chance(troubles.lose_disk)) {
        it.disk.lose_all();
    } else if (it.disk.age() > 0 && chance(troubles.old_disk)) {
        it.disk.set_back(static_cast<std::size_t>(up_to(static_cast<std::int64_t>(it.disk.age()))));
        delivered_.clear();
    } else if (chance(troubles.lose_part) && chance(500)) {
        it.disk.now().keys.clear();
    } else if (chance(troubles.lose_part)) {
        it.disk.now().numbers.clear();
    } else {
        return;
    }
    it.numbers.state_was_lost();
}

void ExchangeModel::load(int which) {
    ModelSide& it = side(which);
    const SavedKeysBytes& keys = it.disk.now().keys;
    say(which, keys.empty() ? "starts with nothing" : "starts from its disk");
    if (keys.empty()) {
        return;
    }
    const auto saved = decode_saved_keys(keys);
    if (!saved || !it.machine->restore(*saved, local(which), actions_)) {
        fault("what was saved cannot be restored");
    }
    perform(which);
}

bool ExchangeModel::may_crash(int which, unsigned thousandths) {
    return chance(thousandths) && now_ >= side(which).started_at + troubles.up_s * second;
}

void ExchangeModel::crash(int which) {
    ModelSide& it = side(which);
    say(which, "crashes");
    ++crashes;
    recoveries += it.machine->facts(now_).recoveries;
    it.machine.reset();
    actions_.clear();
    it.disk.die(chance(500), chance(500));
    // What it had heard and not written down, it may hear again.
    std::erase_if(delivered_, [&](const Delivered& old) { return old.to == which; });
    it.restart_at = now_ + up_to(troubles.down_s * second);
}

void ExchangeModel::step_side(int which) {
    ModelSide& it = side(which);
    if (!it.up()) {
        if (now_ < it.restart_at) {
            return;
        }
        start(which);
        if (!it.up()) {
            return;
        }
    }
    const std::int64_t every = data_every[static_cast<std::size_t>(which)];
    if (every > 0 && (now_ / step) % every == 0) { // workers are never late
        ++it.data_sent;
        send(which, it.send_epoch, true, {});
    }
    if (now_ < it.late_until) {
        return;
    }
    hear_of_disk(which);
    if (!it.up()) {
        return;
    }
    if (it.keepalive.due(it.sent, it.data_heard, now_)) {
        send(which, it.send_epoch, false, {});
    }
    it.services.leave = !chance(troubles.no_leave);
    if (is_due(which)) {
        tick(which);
        if (it.up() && is_due(which)) {
            fault("a tick leaves its deadline behind");
        }
    }
    if (it.up() && now_ >= it.look_at) {
        it.look_at = now_ + second;
        it.machine->observe(traffic(which), local(which), actions_);
        perform(which);
    }
}

void ExchangeModel::hear_of_disk(int which) {
    ModelSide& it = side(which);
    const auto written = it.disk.advance(now_, up_to(troubles.disk_ms) * millisecond);
    it.numbers.written(written);
    change(which);
    if (written.generation != 0) {
        it.machine->persisted(written.generation, local(which), actions_);
        perform(which);
    }
}

bool ExchangeModel::is_due(int which) {
    const auto deadline = side(which).machine->next_deadline();
    return deadline && *deadline <= local(which);
}

KeyTraffic ExchangeModel::traffic(int which) {
    ModelSide& it = side(which);
    const auto next = it.machine->next_epoch();
    return {.data_sent = it.data_sent,
            .heard_current = it.held[it.machine->epoch()].heard,
            .heard_next = next ? it.held[*next].heard : 0};
}

void ExchangeModel::tick(int which) {
    side(which).machine->tick(local(which), traffic(which), actions_);
    perform(which);
}

void ExchangeModel::perform(int which) {
    for (std::size_t i = 0; i < actions_.size(); ++i) {
        if (may_crash(which, troubles.crash_action)) {
            crash(which);
            return;
        }
        act(which, actions_[i]);
    }
    actions_.clear();
    if (side(which).up() && side(which).machine->epoch() != side(which).send_on) {
        fault("sends on another epoch than it thinks");
    }
}

void ExchangeModel::act(int which, const KeyAction& action) {
    ModelSide& it = side(which);
    if (const auto* const to_send = std::get_if<key_action::Send>(&action)) {
        if (!it.held.contains(to_send->epoch)) {
            fault("sends a message with a key that is not held");
            return;
        }
        say(which,
            "sends on " + std::to_string(to_send->epoch) + " " + text_of(which, to_send->message));
        if (!chance(troubles.lose_send)) {
            send(which, to_send->epoch, false, to_send->message);
        }
    } else if (const auto* const to_hold = std::get_if<key_action::HoldKey>(&action)) {
        hold(which, *to_hold);
    } else if (const auto* const send_on = std::get_if<key_action::SendOn>(&action)) {
        if (!it.held.contains(send_on->epoch) || (send_on->epoch == 0 && !it.data_on_0)) {
            fault("sends on an epoch that is not held");
        }
        say(which, "changes to " + std::to_string(send_on->epoch));
        it.send_on = send_on->epoch;
        change(which);
    } else if (const auto* const to_drop = std::get_if<key_action::DropKey>(&action)) {
        drop(which, *to_drop);
    } else {
        write(which, std::get<key_action::Persist>(action));
    }
}

// As soon as there are numbers for it; until then the other end opens what the old key seals.
void ExchangeModel::change(int which) {
    ModelSide& it = side(which);
    if (it.numbers.are_recorded(it.send_on)) {
        it.send_epoch = it.send_on;
    }
}

void ExchangeModel::hold(int which, const key_action::HoldKey& hold) {
    ModelSide& it = side(which);
    say(which, "holds " + std::to_string(hold.epoch));
    if (!it.held.insert({hold.epoch, {hold.key}}).second) {
        fault("holds a key for an epoch that has one");
    }
    if (const std::string wrong = it.numbers.hold(hold.epoch, hold.key, local(which));
        !wrong.empty()) {
        fault(wrong);
    }
}

void ExchangeModel::drop(int which, const key_action::DropKey& drop) {
    ModelSide& it = side(which);
    say(which, "drops " + std::to_string(drop.epoch));
    if (drop.epoch == it.send_on || !it.held.contains(drop.epoch)) {
        fault("drops a key in use, or one that is not held");
    }
    it.send_epoch = drop.epoch == it.send_epoch ? it.send_on : it.send_epoch;
    if (drop.epoch == 0) {
        it.data_on_0 = false;
    } else {
        it.held.erase(drop.epoch);
        it.numbers.drop(drop.epoch);
    }
}

void ExchangeModel::write(int which, const key_action::Persist& persist) {
    ModelSide& it = side(which);
    ++it.writes;
    std::vector<std::uint32_t> epochs{persist.keys.current.epoch};
    if (persist.keys.previous) {
        epochs.push_back(persist.keys.previous->epoch);
    }
    if (persist.keys.exchange) {
        epochs.push_back(persist.keys.exchange->next.epoch);
    }
    it.disk.keys.submit({persist.generation, encode(persist.keys), std::move(epochs)});
}

// Those whose change time is more than a lifetime ago, on whatever routes they came.
void ExchangeModel::replay_old_messages() {
    troubles.crash_action = 0;
    for (int which : {0, 1}) { // so that nothing else is due
        if (side(which).up()) {
            tick(which);
        }
    }
    for (const Delivered& old : delivered_) {
        ModelSide& it = side(old.to);
        const KeyMessage message = view_key_message(old.message);
        const auto limit =
            static_cast<std::uint32_t>(local(old.to) / second) - it.settings.lifetime - 1;
        if (!it.up() || static_cast<std::int32_t>(message.change_time - limit) >= 0) {
            continue;
        }
        const auto epoch = it.machine->epoch();
        const auto next = it.machine->next_epoch();
        const auto writes = it.writes;
        const auto held = it.held.size();
        it.machine->message(old.route, old.message.bytes(), local(old.to), actions_);
        perform(old.to);
        if (it.up()
            && (epoch != it.machine->epoch() || next != it.machine->next_epoch()
                || writes != it.writes || held != it.held.size())) {
            fault("a recording of old messages moved side " + std::to_string(old.to));
            return;
        }
    }
}

void ExchangeModel::check_rest() {
    for (const auto& [epoch, mine] : side(0).held) {
        const auto theirs = side(1).held.find(epoch);
        if (theirs != side(1).held.end() && !(theirs->second.key == mine.key)) {
            fault("the sides hold different keys for epoch " + std::to_string(epoch));
        }
    }
    for (int which : {0, 1}) {
        const ModelSide& it = side(which);
        const SavedKeysBytes& keys = it.disk.now().keys;
        if (!it.up() || keys.empty() || !it.disk.keys.is_idle()
            || it.machine->facts(local(which)).previous_epoch) {
            continue;
        }
        const auto saved = decode_saved_keys(keys);
        if (!saved || saved->previous || saved->current.epoch != it.send_on) {
            fault("what is on disk opens an epoch that has ended");
        }
    }
}

} // namespace mt6d::test
