// SPDX-License-Identifier: BSD-3-Clause
// What lies between the two gateways of the model, and who listens there.
#include "tests/unit/key_exchange_model.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mt6d::test {

namespace {

constexpr std::int64_t millisecond = nanoseconds_per_second / 1000;
constexpr std::size_t most_recorded = 32;

} // namespace

std::string ExchangeModel::text_of(int which, const KeyMessageBytes& message) const {
    const auto parsed = parse_key_message(message.bytes());
    if (const auto* const said = std::get_if<KeyMessage>(&parsed)) {
        constexpr std::array names{"offer", "accept", "confirm"};
        return std::string(names.at(static_cast<std::size_t>(said->step) - 1)) + " "
               + std::to_string(said->epoch) + " at "
               + std::to_string(std::int64_t{said->change_time} - clock_start(which)) + " s";
    }
    return message.empty() ? "no message" : "nonsense";
}

void ExchangeModel::deliver_all() {
    for (std::size_t i = 0; i < flying_.size();) {
        if (flying_[i].arrives > now_) {
            ++i;
            continue;
        }
        ModelPacket packet = std::move(flying_[i]);
        flying_[i] = std::move(flying_.back());
        flying_.pop_back();
        deliver(std::move(packet));
    }
}

void ExchangeModel::send(int which, std::uint32_t epoch, bool data,
                         const KeyMessageBytes& message) {
    ModelSide& it = side(which);
    if (!it.numbers.seal(epoch, data ? packets_at_once : 1)) {
        if (data && count_lost) {
            fault("side " + std::to_string(which) + " cannot seal with the key of epoch "
                  + std::to_string(epoch));
        }
        return;
    }
    ++it.sent;
    ModelPacket packet{.from = which,
                       .epoch = epoch,
                       .key = it.held.at(epoch).key,
                       .data = data,
                       .message = message,
                       .stamp = local(which)};
    if (!message.empty()) {
        record(packet);
    }
    transmit(packet);
    if (chance(troubles.duplicate)) {
        transmit(std::move(packet));
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

void ExchangeModel::record(const ModelPacket& packet) {
    if (troubles.replay == 0) {
        return;
    }
    if (recorded_.size() < most_recorded) {
        recorded_.push_back(packet);
    } else {
        recorded_[static_cast<std::size_t>(up_to(most_recorded - 1))] = packet;
    }
}

// To the other side or to its sender, on the routes it came on or any that live: as if section 6
// kept nobody from that, which it does with aes-256-gcm.
void ExchangeModel::replay() {
    if (recorded_.empty()) {
        return;
    }
    const ModelPacket packet =
        recorded_[static_cast<std::size_t>(up_to(static_cast<std::int64_t>(recorded_.size()) - 1))];
    const int to = chance(900) ? 1 - packet.from : packet.from;
    ModelSide& it = side(to);
    if (!it.up()) {
        return;
    }
    std::uint32_t route = packet.epoch;
    if (chance(500)) {
        route =
            std::next(it.held.begin(), up_to(static_cast<std::int64_t>(it.held.size()) - 1))->first;
    }
    if (it.held.contains(route)) {
        ++replays;
        say(to, "is played " + text_of(to, packet.message) + " on " + std::to_string(route));
        it.machine->message(route, packet.message.bytes(), local(to), actions_);
        perform(to);
    }
}

void ExchangeModel::deliver(ModelPacket packet) {
    const int to = 1 - packet.from;
    ModelSide& it = side(to);
    if (it.up() && now_ < it.late_until && !packet.message.empty()) {
        packet.arrives = it.late_until; // it waits in the queue
        flying_.push_back(std::move(packet));
        return;
    }
    // Section 3: routes of the past live for L, of the future from R before.
    const std::int64_t age = local(to) - packet.stamp;
    const bool live = age <= it.settings.lifetime * second && age >= -second * it.settings.rotation;
    const auto held = it.held.find(packet.epoch);
    const bool opens = it.up() && live && held != it.held.end() && held->second.key == packet.key;
    if (packet.data) {
        count_data(to, packet, opens);
    }
    if (!opens || (packet.data && packet.epoch == 0 && !it.data_on_0)) {
        return;
    }
    if (packet.message.empty()) {
        ++held->second.heard;
    } else {
        deliver_message(to, packet);
    }
}

void ExchangeModel::count_data(int to, const ModelPacket& packet, bool opens) {
    ModelSide& it = side(to);
    if (opens && (packet.epoch != 0 || it.data_on_0)) {
        ++data_opened;
        ++it.data_heard;
        return;
    }
    last_unopened[static_cast<std::size_t>(to)] = now_;
    if (count_lost) {
        fault("side " + std::to_string(to) + " at epoch "
              + std::to_string(it.up() ? it.machine->epoch() : 0) + " cannot open data of epoch "
              + std::to_string(packet.epoch));
    }
}

void ExchangeModel::deliver_message(int to, const ModelPacket& packet) {
    ModelSide& it = side(to);
    ++messages_delivered;
    const auto before = it.machine->facts(local(to)).refused;
    it.machine->message(packet.epoch, packet.message.bytes(), local(to), actions_);
    const KeyFacts facts = it.machine->facts(local(to));
    constexpr auto unexpected = static_cast<std::size_t>(KeyRefusal::unexpected);
    const bool early = facts.refused[unexpected] != before[unexpected];
    if (!packet.changed && !early) { // a confirm may overtake its offer, and be good after it
        delivered_.push_back({to, packet.epoch, packet.message});
    }
    if (tell) {
        std::string text =
            "got on " + std::to_string(packet.epoch) + " " + text_of(to, packet.message);
        if (facts.refused != before) {
            text += ", refused: ";
            text += key_refusal_texts.at(static_cast<std::size_t>(*facts.last_refusal)).symbol;
        }
        say(to, text);
    }
    perform(to);
}

} // namespace mt6d::test
