// SPDX-License-Identifier: BSD-3-Clause
// Streams that come and go while workers run.
#include "control/stream_table.hpp"

#include <mt6d/checksum.hpp>

#include <algorithm>
#include <utility>

namespace mt6d {
namespace {

using dataplane::AddressPair;
using dataplane::Side;

AddressPair pair_of(const config::Stream& stream) {
    return {stream.local.address, stream.remote.address};
}

} // namespace

// --- to come ----------------------------------------------------------------------------------

Result<std::size_t> StreamTable::stage(config::StreamPtr stream) {
    const auto taken = take_slot();
    if (!taken) {
        return Error{"no slot is free for stream " + stream->name + "; raise `streams_at_most`"};
    }
    const std::size_t i = *taken;
    const auto rotation = rotation_times_.take(stream->options.rotation);
    if (!rotation) {
        free_slots_.push_back(i);
        return Error{"stream " + stream->name + ": a gateway has no more than "
                     + std::to_string(max_rotation_times)
                     + " rotation times at once, those of streams that are being replaced among "
                       "them: change some streams first"};
    }
    records_[i].stream = std::move(stream);
    fill_context(i, *rotation);
    if (auto made = make_configured_key(i); !made) {
        free_slot(i);
        return std::move(made).error();
    }
    records_[i].state = State::staged;
    return i;
}

std::optional<std::size_t> StreamTable::take_slot() {
    if (!free_slots_.empty()) {
        const std::size_t i = free_slots_.back();
        free_slots_.pop_back();
        return i;
    }
    return end_ < records_.size() ? std::optional(end_++) : std::nullopt;
}

void StreamTable::fill_context(std::size_t i, std::uint8_t rotation) {
    const config::Stream& stream = *records_[i].stream;
    StreamContext& context = contexts_[i];
    context.local = stream.local.address;
    context.remote = stream.remote.address;
    context.path_mtu.reset(link_mtu_);
    context.key_state.store(0, std::memory_order_relaxed);
    context.disabled.store(false, std::memory_order_relaxed);
    context.base_port = stream.options.base_port;
    context.inner_pair_sum = fold(sum_addresses(context.local, context.remote));
    context.owner = static_cast<std::uint16_t>(i % forwarding_.rings.size());
    context.rotation = rotation;
    context.cipher = stream.options.cipher;
    context.id = static_cast<std::uint32_t>(i);
    set_options(i);
}

void StreamTable::set_options(std::size_t i) {
    const config::StreamOptions& options = records_[i].stream->options;
    StreamContext& context = contexts_[i];
    context.lower_mss.store(options.lower_mss, std::memory_order_relaxed);
    constexpr std::uint8_t congestion_alone = 0x3;
    context.class_mask.store(options.copy_dscp ? 0xff : congestion_alone,
                             std::memory_order_relaxed);
}

Result<> StreamTable::make_configured_key(std::size_t i) {
    Record& record = records_[i];
    Epoch configured;
    configured.session_key = {record.stream, &record.stream->key};
    if (needs_keys(*record.stream)) {
        auto keys = keys_.make(*record.stream, 0, record.stream->key);
        if (!keys) {
            return std::move(keys).error();
        }
        configured.keys = *keys;
    }
    make_sendable(i, configured);
    contexts_[i].sending.store(configured.slots, std::memory_order_release);
    record.epochs.push_back(std::move(configured));
    return {};
}

Result<> StreamTable::publish(std::size_t i) {
    Record& record = records_[i];
    if (!answer_for_hosts(*record.stream)) {
        return Error{"stream " + record.stream->name
                     + ": no room in the table of addresses to answer for; raise `memory` or "
                       "`streams_at_most`"};
    }
    const AddressPair key = pair_of(*record.stream);
    if (!forwarding_.true_pairs->add(&key, &contexts_[i])) {
        forget_hosts(*record.stream);
        return Error{"stream " + record.stream->name
                     + ": no room in the table of true addresses; raise `memory` or "
                       "`streams_at_most`"};
    }
    record.is_published = true;
    return {};
}

void StreamTable::publish_instead(std::size_t i, std::size_t before) {
    contexts_[i].disabled.store(records_[before].was_disabled, std::memory_order_relaxed);
    // Its hosts are known: this needs no room.
    answer_for_hosts(*records_[i].stream);
    forget_hosts(*records_[before].stream);
    const AddressPair key = pair_of(*records_[i].stream);
    forwarding_.true_pairs->replace(&key, &contexts_[i]);
    records_[i].is_published = true;
    records_[before].is_published = false;
}

// docs/protocol.md, section 7.1 and 7.2, but for hashed addresses.
bool StreamTable::answer_for_hosts(const config::Stream& stream) {
    AnswerTable& inside = neighborhood_.answers(Side::internal);
    AnswerTable& outside = neighborhood_.answers(Side::external);
    if (!inside.add(stream.remote.address, AnswerTable::Kind::remote_host)) {
        return false;
    }
    if (!outside.add_host(stream.local.address, stream.local.mac)) {
        inside.remove(stream.remote.address);
        return false;
    }
    return true;
}

void StreamTable::forget_hosts(const config::Stream& stream) {
    neighborhood_.answers(Side::internal).remove(stream.remote.address);
    neighborhood_.answers(Side::external).remove(stream.local.address);
}

void StreamTable::activate(std::size_t i) {
    Record& record = records_[i];
    for (Epoch& epoch : record.epochs) {
        if (epoch.keys != nullptr) {
            keys_.take_numbers(*epoch.keys, record.stream, clock_.unix_ns());
        }
    }
    const config::Host& local = record.stream->local;
    neighborhood_.answers(Side::external).set_mac(local.address, local.mac);
    record.state = State::live;
}

void StreamTable::alter(std::size_t i, config::StreamPtr stream) {
    records_[i].stream = std::move(stream);
    set_options(i);
}

// --- to go ------------------------------------------------------------------------------------

void StreamTable::withdraw(std::size_t i, Pair pair) {
    Record& record = records_[i];
    StreamContext& context = contexts_[i];
    record.state = State::withdrawn;
    record.was_disabled = context.disabled.exchange(true, std::memory_order_relaxed);
    if (record.is_published && pair == Pair::remove) {
        const AddressPair key = pair_of(*record.stream);
        grace_.retire({.table = forwarding_.true_pairs.get(),
                       .position = forwarding_.true_pairs->remove(&key)});
        forget_hosts(*record.stream);
        record.is_published = false;
    }
    for (Epoch& epoch : record.epochs) {
        end_all(epoch);
        if (epoch.slots != nullptr) {
            hide_from_workers(i, epoch);
        }
    }
    grace_.retire({.stream = i});
}

void StreamTable::give_numbers_back(std::size_t i) {
    for (const Epoch& epoch : records_[i].epochs) {
        if (epoch.keys != nullptr) {
            keys_.give_numbers_back(*epoch.keys);
        }
    }
}

void StreamTable::retire(std::size_t i) {
    Record& record = records_[i];
    give_numbers_back(i);
    for (Epoch& epoch : record.epochs) {
        grace_.retire({.slots = epoch.slots, .keys = epoch.keys});
    }
    record.epochs.clear();
    record.state = State::retired;
    grace_.retire({.stream = i});
}

// Each grace period of a stream that goes takes it one step on.
void StreamTable::past_workers(std::size_t i) {
    if (records_[i].state == State::withdrawn) {
        records_[i].state = State::quiet;
        return;
    }
    free_slot(i);
}

void StreamTable::free_slot(std::size_t i) {
    rotation_times_.give(contexts_[i].rotation);
    records_[i] = {};
    // Who still has the old id shall not take the next stream for that one.
    generations_[i].fetch_add(1, std::memory_order_release);
    counters_[i].reset();
    cooling_.push_back({i, ticks_ + cooling_ticks});
}

void StreamTable::advance() {
    ++ticks_;
    for (; !cooling_.empty() && cooling_.front().until <= ticks_; cooling_.pop_front()) {
        free_slots_.push_back(cooling_.front().slot);
    }
}

} // namespace mt6d
