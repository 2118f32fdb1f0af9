// SPDX-License-Identifier: BSD-3-Clause
#include "control/stream_table.hpp"

#include <mt6d/checksum.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace mt6d {
namespace {

using dataplane::AddressPair;
using dataplane::Side;

// Whether workers have to tell its keys apart.
bool exchanges_keys(const config::Stream& stream) {
    return stream.options.rekey.method != KeyMethod::off;
}

} // namespace

StreamTable::StreamTable(const config::Config& config, const Clock& clock,
                         dataplane::Forwarding& forwarding, GraceQueue& grace,
                         Neighborhood& neighborhood, StreamKeys& keys)
    : clock_(clock), forwarding_(forwarding), grace_(grace), neighborhood_(neighborhood),
      next_hops_(neighborhood.next_hops()),
      keys_(keys), hashers_{AddressHasher(config::Hash::sha256),
                            AddressHasher(config::Hash::sha384),
                            AddressHasher(config::Hash::sha512)},
      contexts_(std::make_unique<StreamContext[]>(config.streams.size())),
      counters_(std::make_unique<StreamCounters[]>(config.streams.size())),
      link_mtu_(forwarding.port(Side::external).mtu) {
    forwarding_.counters = {counters_.get(), config.streams.size()};
    if (std::any_of(config.streams.begin(), config.streams.end(), exchanges_keys)) {
        epochs_ = std::make_unique<StreamEpochs[]>(config.streams.size());
        forwarding_.epochs = {epochs_.get(), config.streams.size()};
    }
}

Result<std::unique_ptr<StreamTable>>
StreamTable::create(const config::Config& config, const Clock& clock,
                    dataplane::Forwarding& forwarding, GraceQueue& grace,
                    Neighborhood& neighborhood, StreamKeys& keys,
                    std::span<const std::uint32_t> rotation_times) {
    auto table = std::unique_ptr<StreamTable>(
        new StreamTable(config, clock, forwarding, grace, neighborhood, keys));
    table->records_.reserve(config.streams.size());
    for (const config::Stream& stream : config.streams) {
        table->records_.push_back({&stream, {}});
        const std::size_t i = table->records_.size() - 1;
        table->fill_context(i, rotation_times);
        if (auto held = table->hold_configured_key(i); !held) {
            return std::move(held).error();
        }
    }
    if (auto published = table->publish_true_pairs(); !published) {
        return std::move(published).error();
    }
    if (auto answered = table->answer_for_hosts(); !answered) {
        return std::move(answered).error();
    }
    return table;
}

void StreamTable::fill_context(std::size_t i, std::span<const std::uint32_t> rotation_times) {
    const config::Stream& stream = *records_[i].stream;
    StreamContext& context = contexts_[i];
    context.local = stream.local.address;
    context.remote = stream.remote.address;
    context.path_mtu.follow(link_mtu_, 0);
    context.base_port = stream.options.base_port;
    context.inner_pair_sum = fold(sum_addresses(context.local, context.remote));
    context.owner = static_cast<std::uint16_t>(i % forwarding_.rings.size());
    context.rotation = static_cast<std::uint8_t>(
        std::find(rotation_times.begin(), rotation_times.end(), stream.options.rotation)
        - rotation_times.begin());
    context.cipher = stream.options.cipher;
    context.lower_mss = stream.options.lower_mss;
    constexpr std::uint8_t congestion_alone = 0x3;
    context.class_mask = stream.options.copy_dscp ? 0xff : congestion_alone;
    context.id = static_cast<std::uint32_t>(i);
}

Result<> StreamTable::hold_configured_key(std::size_t i) {
    const config::Stream& stream = *records_[i].stream;
    if (auto held = hold(i, 0, stream.key); !held) {
        return held;
    }
    set_sendable(i, 0, true);
    send_on(i, 0);
    return {};
}

Result<> StreamTable::publish_true_pairs() {
    for (std::size_t i = 0; i < records_.size(); ++i) {
        const AddressPair key{contexts_[i].local, contexts_[i].remote};
        if (!forwarding_.true_pairs->add(&key, &contexts_[i])) {
            return Error{"stream " + stream(i).name
                         + ": no room in the table of true addresses; raise `memory`"};
        }
    }
    return {};
}

// docs/protocol.md, section 7.1 and 7.2, but for hashed addresses.
Result<> StreamTable::answer_for_hosts() {
    AnswerTable& inside = neighborhood_.answers(Side::internal);
    AnswerTable& outside = neighborhood_.answers(Side::external);
    bool room = true;
    for (const Record& record : records_) {
        const config::Stream& stream = *record.stream;
        room = room && inside.add(stream.remote.address, AnswerTable::Kind::remote_host)
               && outside.add_host(stream.local.address, stream.local.mac);
    }
    return room ? Result<>{}
                : Error{"no room in the table of addresses to answer for; raise `memory`"};
}

// --- epochs (docs/protocol.md, section 9) -----------------------------------------------------

Result<> StreamTable::hold(std::size_t i, std::uint32_t epoch, const config::SessionKey& key) {
    Record& record = records_[i];
    const config::Stream& stream = *record.stream;
    if (find(i, epoch) != nullptr) {
        std::abort(); // its key would stay the one that it is
    }
    Epoch added;
    added.epoch = epoch;
    if (epoch == 0) {
        added.session_key = &stream.key;
    } else {
        added.own_key = std::make_unique<const config::SessionKey>(key);
        added.session_key = added.own_key.get();
    }
    if (stream.options.cipher != Cipher::none || exchanges_keys(stream)) {
        auto keys = keys_.add(stream, epoch, *added.session_key, clock_.unix_ns());
        if (!keys) {
            return std::move(keys).error();
        }
        added.keys = *keys;
    }
    record.epochs.push_back(std::move(added));
    return {};
}

void StreamTable::set_sendable(std::size_t i, std::uint32_t epoch, bool sendable) {
    Epoch* const found = find(i, epoch);
    if (found == nullptr || sendable == (found->slots != nullptr)) {
        return;
    }
    Epoch& changed = *found;
    if (sends_on(i, epoch)) {
        std::abort(); // its slots would become another stream's, and its numbers repeat
    }
    if (sendable) {
        changed.slots = slots_.take();
        for (RouteSlot& slot : changed.slots->slots) {
            slot.salt.store(no_salt, std::memory_order_relaxed);
        }
        if (!forwarding_.epochs.empty()) {
            show_to_workers(i, changed);
        }
        return;
    }
    hide_from_workers(i, changed);
    for (Held& held : changed.held) {
        if (held.next_hop) {
            next_hops_.release(*std::exchange(held.next_hop, std::nullopt));
        }
    }
    grace_.retire({.slots = std::exchange(changed.slots, nullptr)});
}

void StreamTable::show_to_workers(std::size_t i, const Epoch& epoch) {
    for (StreamEpochs::Held& place : epochs_[i].held) {
        if (place.slots.load(std::memory_order_relaxed) == nullptr) {
            place.epoch.store(epoch.epoch, std::memory_order_relaxed);
            place.slots.store(epoch.slots, std::memory_order_release);
            return;
        }
    }
}

void StreamTable::hide_from_workers(std::size_t i, const Epoch& epoch) {
    for (StreamEpochs::Held& place : epochs_[i].held) {
        if (place.slots.load(std::memory_order_relaxed) == epoch.slots) {
            place.slots.store(nullptr, std::memory_order_release);
        }
    }
}

void StreamTable::send_on(std::size_t i, std::uint32_t epoch) {
    const Epoch* const found = find(i, epoch);
    if (found == nullptr || found->slots == nullptr) {
        std::abort();
    }
    contexts_[i].sending.store(found->slots, std::memory_order_release);
}

bool StreamTable::can_send(std::size_t i, std::uint32_t epoch) {
    const Epoch* const found = find(i, epoch);
    if (found == nullptr || found->slots == nullptr) {
        return false;
    }
    const Salt active =
        forwarding_.active.salt[contexts_[i].rotation].load(std::memory_order_relaxed);
    const RouteSlot* const slot = StreamContext::template_of(*found->slots, active);
    if (slot == nullptr) {
        return false;
    }
    const SealState* const seal = slot->seal;
    const AdjacencyState next_hop =
        forwarding_.adjacency(Side::external, slot->adjacency.load(std::memory_order_relaxed))
            .load()
            .state();
    return (next_hop == AdjacencyState::usable || next_hop == AdjacencyState::unconfirmed)
           && (seal == nullptr || seal->next.load(std::memory_order_relaxed) < seal->recorded);
}

bool StreamTable::sends_on(std::size_t i, std::uint32_t epoch) {
    const Epoch* const found = find(i, epoch);
    return found != nullptr && found->slots != nullptr
           && found->slots == contexts_[i].sending.load(std::memory_order_relaxed);
}

std::optional<NumberKeeper::Record> StreamTable::drop(std::size_t i, std::uint32_t epoch) {
    Epoch* const found = find(i, epoch);
    if (found == nullptr || sends_on(i, epoch)) {
        std::abort();
    }
    Epoch& dropped = *found;
    set_sendable(i, epoch, false);
    if (epoch == 0) {
        dropped.keys->open_state->for_exchange_alone.store(true, std::memory_order_relaxed);
        return std::nullopt;
    }
    end_all(dropped);
    const EpochKeys& keys = *dropped.keys;
    const auto record = keys.cipher == Cipher::none ? std::nullopt : std::optional(keys.record);
    grace_.retire({.keys = dropped.keys});
    std::erase_if(records_[i].epochs, [&](const Epoch& other) { return other.epoch == epoch; });
    return record;
}

const OpenState* StreamTable::opened(std::size_t i, std::uint32_t epoch) {
    const Epoch* const found = find(i, epoch);
    return found == nullptr || found->keys == nullptr ? nullptr : found->keys->open_state;
}

StreamTable::Epoch* StreamTable::find(std::size_t i, std::uint32_t epoch) {
    std::vector<Epoch>& epochs = records_[i].epochs;
    const auto found = std::find_if(epochs.begin(), epochs.end(),
                                    [&](const Epoch& one) { return one.epoch == epoch; });
    return found == epochs.end() ? nullptr : &*found;
}

void StreamTable::check_numbers(std::size_t i) {
    for (const Epoch& epoch : records_[i].epochs) {
        if (epoch.keys != nullptr) {
            keys_.check(*epoch.keys);
        }
    }
}

void StreamTable::release(const Retired& retired) {
    if (retired.route != nullptr) {
        keys_.release_window(retired.route->window);
        routes_.give(retired.route);
    }
    if (retired.slots != nullptr) {
        slots_.give(retired.slots);
    }
    if (retired.keys != nullptr) {
        keys_.remove(retired.keys);
    }
}

void StreamTable::set_link_mtu(std::uint32_t mtu) {
    const std::uint32_t port = forwarding_.port(Side::external).mtu;
    link_mtu_ = static_cast<std::uint16_t>(std::min(port, std::max(mtu, ipv6_minimum_mtu)));
}

} // namespace mt6d
