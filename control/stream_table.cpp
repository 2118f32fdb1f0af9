// SPDX-License-Identifier: BSD-3-Clause
#include "control/stream_table.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace mt6d {

using dataplane::Side;

StreamTable::StreamTable(std::size_t slots, bool exchange, const Clock& clock,
                         dataplane::Forwarding& forwarding, GraceQueue& grace,
                         Neighborhood& neighborhood, StreamKeys& keys)
    : clock_(clock), forwarding_(forwarding), grace_(grace), neighborhood_(neighborhood),
      next_hops_(neighborhood.next_hops()),
      keys_(keys), hashers_{AddressHasher(config::Hash::sha256),
                            AddressHasher(config::Hash::sha384),
                            AddressHasher(config::Hash::sha512)},
      records_(slots), generations_(std::make_unique<std::atomic<std::uint32_t>[]>(slots)),
      contexts_(slots), counters_(slots), link_mtu_(forwarding.port(Side::external).mtu) {
    forwarding_.counters = {counters_.get(), slots};
    if (exchange) {
        epochs_ = std::make_unique<StreamEpochs[]>(slots);
        forwarding_.epochs = {epochs_.get(), slots};
    }
}

bool StreamTable::needs_keys(const config::Stream& stream) {
    return stream.options.cipher != Cipher::none || stream.exchanges_keys();
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
    added.session_key = std::make_shared<const config::SessionKey>(key);
    if (needs_keys(stream)) {
        auto keys = keys_.make(stream, epoch, key);
        if (!keys) {
            return std::move(keys).error();
        }
        added.keys = *keys;
        keys_.take_numbers(*added.keys, record.stream, clock_.unix_ns());
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
        make_sendable(i, changed);
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

void StreamTable::make_sendable(std::size_t i, Epoch& epoch) {
    epoch.slots = slots_.take();
    for (RouteSlot& slot : epoch.slots->slots) {
        slot.salt.store(no_salt, std::memory_order_relaxed);
    }
    if (epochs_ != nullptr) {
        show_to_workers(i, epoch);
    }
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
    if (epochs_ == nullptr) {
        return;
    }
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
    const auto record = keys.record;
    grace_.retire({.keys = dropped.keys});
    std::erase_if(records_[i].epochs, [&](const Epoch& other) { return other.epoch == epoch; });
    return record;
}

std::vector<NumberKeeper::Record> StreamTable::exchanged_numbers(std::size_t i) const {
    std::vector<NumberKeeper::Record> numbers;
    for (const Epoch& epoch : records_[i].epochs) {
        if (epoch.epoch != 0 && epoch.keys != nullptr && epoch.keys->record) {
            numbers.push_back(*epoch.keys->record);
        }
    }
    return numbers;
}

const OpenState* StreamTable::opened(std::size_t i, std::uint32_t epoch) {
    const Epoch* const found = find(i, epoch);
    return found == nullptr || found->keys == nullptr ? nullptr : found->keys->open_state;
}

std::vector<HeldRoute> StreamTable::routes(std::size_t i) const {
    const RouteSlots* const sending = contexts_[i].sending.load(std::memory_order_relaxed);
    std::vector<HeldRoute> routes;
    for (const Epoch& epoch : records_[i].epochs) {
        const bool sent_on = epoch.slots != nullptr && epoch.slots == sending;
        for (const Held& held : epoch.held) {
            routes.push_back(
                {epoch.epoch, sent_on, held.salt, held.local, held.remote, held.next_hop});
        }
    }
    return routes;
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
    if (retired.stream) {
        past_workers(*retired.stream);
    }
}

void StreamTable::set_link_mtu(std::uint32_t mtu) {
    const std::uint32_t port = forwarding_.port(Side::external).mtu;
    link_mtu_ = static_cast<std::uint16_t>(std::min(port, std::max(mtu, ipv6_minimum_mtu)));
}

} // namespace mt6d
