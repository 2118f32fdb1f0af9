// SPDX-License-Identifier: BSD-3-Clause
#include "control/number_keeper.hpp"

#include "control/log.hpp"
#include "control/state/clock_sync.hpp"
#include "control/state/numbers.hpp"

#include <algorithm>
#include <utility>

namespace mt6d {
namespace {

// What is used up when more is recorded: the rest has to last until it is on the disk.
std::uint64_t ask_at(std::uint64_t recorded, std::uint64_t step) {
    return recorded - std::min(recorded, step / 2);
}

std::uint64_t step_of(Cipher cipher) {
    return cipher == Cipher::aes_256_gcm ? gcm_step : cbc_step;
}

} // namespace

NumberKeeper::NumberKeeper(NumberFile::Opened opened)
    : file_(std::move(opened.file)), writer_(*file_) {
    for (const NumberFile::Stored& stored : opened.records) {
        found_.emplace(stored.record.key, stored);
    }
}

Result<std::unique_ptr<NumberKeeper>> NumberKeeper::create(const config::Config& config) {
    auto opened = NumberFile::open(config.state_dir);
    if (!opened) {
        return std::move(opened).error();
    }
    for (const std::string& warning : opened->warnings) {
        log::warning("state", "{}", warning);
    }
    if (opened->is_new && !clock_is_synchronised()) {
        log::warning("state",
                     "{} is empty and the clock is not synchronised: if this gateway has run "
                     "before and the clock is behind that, numbers may be used twice under a key; "
                     "synchronise the clock (chrony, systemd-timesyncd) before the first start",
                     config.state_dir);
    }
    return std::unique_ptr<NumberKeeper>(new NumberKeeper(*std::move(opened)));
}

void NumberKeeper::add(const config::Stream& stream, const KeyStates& states,
                       std::int64_t unix_ns) {
    Entry entry;
    entry.stream = &stream;
    entry.cipher = stream.options.cipher;
    if (entry.cipher == Cipher::none) {
        entries_.push_back(std::move(entry));
        return;
    }
    entry.states = states;
    const NumberKey key = number_key(stream, 0);
    if (const auto found = found_.find(key); found != found_.end()) {
        entry.cell = found->second.cell;
        entry.record = found->second.record;
    } else {
        entry.cell = file_->allocate();
        entry.record.key = key;
    }
    states.open->next = entry.record.received_before;
    states.open->next_at_rotation = entry.record.received_before;
    if (entry.cipher == Cipher::aes_256_gcm) {
        const std::uint64_t first = first_gcm_number(entry.record, unix_ns);
        states.seal.front().next = first;
        entry.record.sent_before = first + gcm_step;
    }
    stream_of_.emplace(entry.cell, entries_.size());
    submit(entry);
    entries_.push_back(std::move(entry));
}

void NumberKeeper::begin_salt(std::size_t i, Salt salt) {
    Entry& entry = entries_[i];
    SealState& seal = entry.states.seal[salt % route_slots];
    entry.salts[salt % route_slots] = salt;
    seal.recorded = 0;
    seal.next = 0;
    seal.ask_at = SealState::never;
    const auto numbers = open_cbc_salt(entry.record, salt);
    if (!numbers) {
        if (!std::exchange(entry.refused, true)) {
            log::warning("state",
                         "stream {}: the clock is more than {} rotations behind what was sent "
                         "before; aes-256-cbc sends nothing until it gets there: which numbers "
                         "were used is known no more",
                         entry.stream->name, NumberRecord::salts);
        }
        return;
    }
    entry.refused = false;
    seal.first = numbers->first;
    seal.next = numbers->used;
    take_cbc_step(entry.record, salt);
    submit(entry);
}

bool NumberKeeper::runs_low(const SealState& seal) {
    const std::uint64_t recorded = seal.recorded.load(std::memory_order_relaxed);
    const std::uint64_t step = step_of(seal.key->cipher);
    return recorded != 0 && seal.next.load(std::memory_order_relaxed) >= ask_at(recorded, step);
}

void NumberKeeper::record_more(std::size_t i) {
    Entry& entry = entries_[i];
    bool changed = false;
    if (entry.cipher == Cipher::aes_256_gcm) {
        const SealState& seal = entry.states.seal.front();
        // Not once more while the last step is on its way to the disk.
        if (runs_low(seal) && entry.record.sent_before == seal.recorded) {
            entry.record.sent_before += gcm_step;
            changed = true;
        }
    } else {
        for (const Salt salt : entry.salts) {
            const SealState& seal = entry.states.seal[salt % route_slots];
            const auto numbers = salt == no_salt ? std::nullopt : cbc_numbers(entry.record, salt);
            if (numbers && numbers->used == seal.recorded && runs_low(seal)) {
                changed |= take_cbc_step(entry.record, salt);
            }
        }
    }
    if (changed) {
        submit(entry);
    }
}

void NumberKeeper::check(std::size_t i) {
    Entry& entry = entries_[i];
    if (entry.cipher == Cipher::none) {
        return;
    }
    record_more(i);
    const std::uint64_t received = entry.states.open->next.load(std::memory_order_relaxed);
    if (received > entry.record.received_before) {
        entry.record.received_before = received;
        submit(entry);
    }
}

void NumberKeeper::advance() {
    written_.clear();
    writer_.take_written(written_);
    for (const NumberFile::Cell cell : written_) {
        const std::size_t i = stream_of_.at(cell);
        release_recorded(entries_[i]);
        record_more(i); // so much may be used that the next step is due at once
    }
    if (const auto error = writer_.take_error()) {
        log::error("state", "{}; what is sent stops when the numbers on the disk are used up",
                   *error);
    }
}

// The record as it was last submitted is on the disk.
void NumberKeeper::release_recorded(Entry& entry) {
    const auto release = [&](SealState& seal, std::uint64_t recorded, std::uint64_t last) {
        if (seal.recorded.load(std::memory_order_relaxed) != recorded) {
            seal.recorded.store(recorded, std::memory_order_release);
            seal.ask_at.store(recorded >= last ? SealState::never
                                               : ask_at(recorded, step_of(entry.cipher)),
                              std::memory_order_relaxed);
        }
    };
    if (entry.cipher == Cipher::aes_256_gcm) {
        release(entry.states.seal.front(), entry.record.sent_before, SealState::never);
        return;
    }
    for (const Salt salt : entry.salts) {
        const auto numbers = salt == no_salt ? std::nullopt : cbc_numbers(entry.record, salt);
        if (numbers) {
            release(entry.states.seal[salt % route_slots], numbers->used, SealState::cbc_numbers);
        }
    }
}

Result<> NumberKeeper::settle() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        check(i);
    }
    auto written = writer_.flush();
    advance();
    return written;
}

} // namespace mt6d
