// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/key_exchange_model.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace mt6d::test {

namespace {

constexpr std::int64_t millisecond = nanoseconds_per_second / 1000;

std::string text_of(const KeyMessageBytes& message, std::int64_t start) {
    const auto parsed = parse_key_message(message.bytes());
    if (const auto* const said = std::get_if<KeyMessage>(&parsed)) {
        constexpr std::array names{"offer", "accept", "confirm"};
        return std::string(names.at(static_cast<std::size_t>(said->step) - 1)) + " "
               + std::to_string(said->epoch) + " at "
               + std::to_string(std::int64_t{said->change_time} - start) + " s";
    }
    return message.empty() ? "no message" : "nonsense";
}

KeyExchangeSettings mirrored(KeyExchangeSettings settings) {
    std::swap(settings.own, settings.peer);
    return settings;
}

} // namespace

ExchangeModel::ExchangeModel(const KeyExchangeSettings& settings, std::uint64_t seed,
                             ExchangeCrypto& crypto)
    : sides{ModelSide(settings, crypto, 2 * seed + 1),
            ModelSide(mirrored(settings), crypto, 2 * seed + 2)},
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
        for (std::size_t i = 0; i < flying_.size();) {
            if (flying_[i].arrives > now_) {
                ++i;
                continue;
            }
            const ModelPacket packet = flying_[i];
            flying_[i] = flying_.back();
            flying_.pop_back();
            deliver(packet);
        }
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
    blocked_ = {};
    const std::int64_t offset = local(0) - now_;
    for (int which : {0, 1}) {
        side(which).drift_ppm = 0;
        side(which).clock_offset = offset + up_to(sides[0].settings.rotation * second) * 9 / 10;
        side(which).restart_at = std::min(side(which).restart_at, now_);
    }
}

void ExchangeModel::start(int which) {
    ModelSide& it = side(which);
    it.started_at = now_;
    it.machine.emplace(it.settings, it.services, it.crypto(), local(which));
    it.held = {{0, {it.settings.key}}};
    it.data_on_0 = true;
    it.send_epoch = 0;
    it.data_sent = it.sent = it.data_heard = 0;
    it.keepalive = {};
    if (chance(troubles.lose_disk)) {
        it.disk.clear();
    } else if (it.disk.size() > 1 && chance(troubles.old_disk)) {
        it.disk.resize(
            1 + static_cast<std::size_t>(up_to(static_cast<std::int64_t>(it.disk.size()) - 1)));
        delivered_.clear();
    }
    say(which, it.disk.empty() ? "starts with nothing" : "starts from its disk");
    if (!it.disk.empty()) {
        const auto saved = decode_saved_keys(it.disk.back());
        if (!saved || !it.machine->restore(*saved, local(which), actions_)) {
            fault("what was saved cannot be restored");
        }
        perform(which);
    }
}

bool ExchangeModel::may_crash(int which, unsigned thousandths) {
    return chance(thousandths) && now_ >= side(which).started_at + troubles.up_s * second;
}

// A write under way is done, or it is not.
void ExchangeModel::crash(int which) {
    ModelSide& it = side(which);
    say(which, "crashes");
    ++crashes;
    recoveries += it.machine->facts(now_).recoveries;
    it.machine.reset();
    actions_.clear();
    for (ModelSide::Write& write : it.writing) {
        if (chance(500)) {
            it.disk.push_back(std::move(write.bytes));
        }
    }
    it.writing.clear();
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
    while (!it.writing.empty() && it.writing.front().done <= now_) {
        it.disk.push_back(std::move(it.writing.front().bytes));
        const std::uint64_t generation = it.writing.front().generation;
        it.writing.erase(it.writing.begin());
        it.machine->persisted(generation, local(which), actions_);
        perform(which);
        if (!it.up()) {
            return;
        }
    }
    const std::int64_t every = data_every[static_cast<std::size_t>(which)];
    if (every > 0 && (now_ / step) % every == 0) {
        ++it.data_sent;
        send(which, it.send_epoch, true, {});
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
    if (side(which).up() && side(which).machine->epoch() != side(which).send_epoch) {
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
        say(which, "sends on " + std::to_string(to_send->epoch) + " "
                       + text_of(to_send->message, clock_start(which)));
        send(which, to_send->epoch, false, to_send->message);
    } else if (const auto* const hold = std::get_if<key_action::HoldKey>(&action)) {
        say(which, "holds " + std::to_string(hold->epoch));
        if (!it.held.insert({hold->epoch, {hold->key}}).second) {
            fault("holds a key for an epoch that has one");
        }
    } else if (const auto* const send_on = std::get_if<key_action::SendOn>(&action)) {
        if (!it.held.contains(send_on->epoch) || (send_on->epoch == 0 && !it.data_on_0)) {
            fault("sends on an epoch that is not held");
        }
        say(which, "changes to " + std::to_string(send_on->epoch));
        it.send_epoch = send_on->epoch;
    } else if (const auto* const drop = std::get_if<key_action::DropKey>(&action)) {
        say(which, "drops " + std::to_string(drop->epoch));
        if (drop->epoch == it.send_epoch || !it.held.contains(drop->epoch)) {
            fault("drops a key in use, or one that is not held");
        }
        if (drop->epoch == 0) {
            it.data_on_0 = false;
        } else {
            it.held.erase(drop->epoch);
        }
    } else {
        write(which, std::get<key_action::Persist>(action));
    }
}

void ExchangeModel::write(int which, const key_action::Persist& persist) {
    ModelSide& it = side(which);
    std::int64_t done = now_ + up_to(troubles.disk_ms) * millisecond;
    if (!it.writing.empty()) {
        done = std::max(done, it.writing.back().done); // one after the other
    }
    it.writing.push_back({persist.generation, encode(persist.keys), done});
}

void ExchangeModel::send(int which, std::uint32_t epoch, bool data,
                         const KeyMessageBytes& message) {
    ModelSide& it = side(which);
    ++it.sent;
    ModelPacket packet{.from = which,
                       .epoch = epoch,
                       .key = it.held.at(epoch).key,
                       .data = data,
                       .message = message,
                       .stamp = local(which)};
    transmit(packet);
    if (chance(troubles.duplicate)) {
        transmit(packet);
    }
}

void ExchangeModel::transmit(ModelPacket packet) {
    if (blocked_[static_cast<std::size_t>(packet.from)] || chance(troubles.lose_any)
        || (!packet.message.empty() && chance(troubles.lose_message))) {
        return;
    }
    packet.arrives = now_ + up_to(troubles.delay_ms) * millisecond;
    if (chance(troubles.delay_long)) {
        packet.arrives += up_to(40 * second);
    }
    if (!packet.message.empty() && chance(troubles.change_message)) {
        std::vector<std::uint8_t> bytes(packet.message.bytes().begin(),
                                        packet.message.bytes().end());
        bytes[static_cast<std::size_t>(up_to(static_cast<std::int64_t>(bytes.size()) - 1))] ^=
            static_cast<std::uint8_t>(1 + up_to(254));
        packet.message = KeyMessageBytes(bytes);
        packet.changed = true;
    }
    flying_.push_back(std::move(packet));
}

void ExchangeModel::deliver(const ModelPacket& packet) {
    const int to = 1 - packet.from;
    ModelSide& it = side(to);
    // Section 3: routes of the past live for L, of the future from R before.
    const std::int64_t age = local(to) - packet.stamp;
    const bool live = age <= it.settings.lifetime * second && age >= -second * it.settings.rotation;
    const auto held = it.held.find(packet.epoch);
    const bool opens = it.up() && live && held != it.held.end() && held->second.key == packet.key;
    if (packet.data) {
        if (!opens || (packet.epoch == 0 && !it.data_on_0)) {
            last_unopened[static_cast<std::size_t>(to)] = now_;
            if (count_lost) {
                fault("side " + std::to_string(to) + " at epoch "
                      + std::to_string(it.up() ? it.machine->epoch() : 0)
                      + " cannot open data of epoch " + std::to_string(packet.epoch));
            }
            return;
        }
        ++data_opened;
        ++it.data_heard;
    }
    if (!opens) {
        return;
    }
    if (packet.message.empty()) {
        ++held->second.heard;
    } else {
        ++messages_delivered;
        const auto before = it.machine->facts(local(to)).refused;
        it.machine->message(packet.epoch, packet.message.bytes(), local(to), actions_);
        constexpr auto unexpected = static_cast<std::size_t>(KeyRefusal::unexpected);
        const bool early = it.machine->facts(local(to)).refused[unexpected] != before[unexpected];
        if (!packet.changed && !early) { // a confirm may overtake its offer, and be good after it
            delivered_.push_back({to, packet.epoch, packet.message});
        }
        if (tell) {
            std::string text = "got on " + std::to_string(packet.epoch) + " "
                               + text_of(packet.message, clock_start(to));
            const KeyFacts facts = it.machine->facts(local(to));
            if (facts.refused != before) {
                text += ", refused: ";
                text += key_refusal_texts.at(static_cast<std::size_t>(*facts.last_refusal)).symbol;
            }
            say(to, text);
        }
        perform(to);
    }
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
        const auto writes = it.writing.size();
        const auto held = it.held.size();
        it.machine->message(old.route, old.message.bytes(), local(old.to), actions_);
        perform(old.to);
        if (it.up()
            && (epoch != it.machine->epoch() || next != it.machine->next_epoch()
                || writes != it.writing.size() || held != it.held.size())) {
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
        if (!it.up() || it.disk.empty() || !it.writing.empty()
            || it.machine->facts(local(which)).previous_epoch) {
            continue;
        }
        const auto saved = decode_saved_keys(it.disk.back());
        if (!saved || saved->previous || saved->current.epoch != it.send_epoch) {
            fault("what is on disk opens an epoch that has ended");
        }
    }
}

} // namespace mt6d::test
