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

NumberKeeper::NumberKeeper(NumberFile::Opened opened, const std::string& directory)
    : file_(std::move(opened.file)), writer_(*file_), directory_(directory),
      may_have_lost_(opened.is_new || opened.is_damaged) {
    for (const NumberFile::Stored& stored : opened.records) {
        found_.emplace(stored.record.key, stored);
    }
}

Result<std::unique_ptr<NumberKeeper>>
NumberKeeper::create(std::shared_ptr<const StateDirectory> directory) {
    const std::string path = directory->files().path();
    auto opened = NumberFile::open(std::move(directory));
    if (!opened) {
        return std::move(opened).error();
    }
    for (const std::string& warning : opened->warnings) {
        log::warning("state", "{}", warning);
    }
    return std::unique_ptr<NumberKeeper>(new NumberKeeper(*std::move(opened), path));
}

// What cannot be detected can be said (section 6).
void NumberKeeper::warn_of_lost_state() const {
    if (may_have_lost_ && !clock_is_synchronised()) {
        log::warning("state",
                     "{} lacks records, and the clock is not synchronised: if this gateway has run "
                     "before and the clock is behind that, numbers may be used twice under a key; "
                     "synchronise the clock (chrony, systemd-timesyncd) before the first start",
                     directory_);
    }
    if (!cbc_without_record_.empty()) {
        const config::Stream& first = *entries_[cbc_without_record_.front()].stream;
        log::warning("state",
                     "{} streams with aes-256-cbc have no record of what they sent, {} among them: "
                     "one that sent with its key in this same rotation, before, may repeat numbers "
                     "until its addresses change",
                     cbc_without_record_.size(), first.name);
    }
}

NumberKeeper::Record NumberKeeper::place_for(const NumberKey& key) {
    if (const auto removed = removed_.find(key); removed != removed_.end()) {
        const Record record = removed->second;
        Entry& entry = entries_[record];
        Entry again;
        again.cell = entry.cell;
        again.record = entry.record;
        entry = std::move(again);
        removed_.erase(removed);
        return record;
    }
    if (free_entries_.empty()) {
        free_entries_.push_back(static_cast<Record>(entries_.size()));
        entries_.emplace_back();
    }
    const Record record = free_entries_.back();
    free_entries_.pop_back();
    Entry& entry = entries_[record];
    entry = {};
    if (const auto found = found_.find(key); found != found_.end()) {
        entry.cell = found->second.cell;
        entry.record = found->second.record;
        found_.erase(found);
    } else {
        entry.cell = file_->allocate();
        entry.record.key = key;
    }
    entry_of_.emplace(entry.cell, record);
    return record;
}

NumberKeeper::Record NumberKeeper::add(config::StreamPtr stream, std::uint32_t epoch,
                                       const KeyStates& states, std::int64_t unix_ns) {
    const NumberKey key = number_key(*stream, epoch);
    const bool is_known = found_.contains(key) || removed_.contains(key);
    const Record record = place_for(key);
    Entry& entry = entries_[record];
    entry.cipher = stream->options.cipher;
    entry.stream = std::move(stream);
    entry.states = states;
    if (!is_known && !is_complete_ && entry.cipher == Cipher::aes_256_cbc) {
        cbc_without_record_.push_back(record);
    }
    states.open->next = entry.record.received_before;
    states.open->next_at_rotation = entry.record.received_before;
    if (entry.cipher == Cipher::aes_256_gcm) {
        const std::uint64_t first = first_gcm_number(entry.record, unix_ns);
        states.seal.front().next = first;
        entry.record.sent_before = first + gcm_step;
    }
    submit(entry);
    return record;
}

void NumberKeeper::remove(Record record) {
    Entry& entry = entries_[record];
    note_received(entry);
    entry.stream = nullptr;
    removed_.emplace(entry.record.key, record);
    forget_when_written(record);
}

void NumberKeeper::forget(Record record) {
    entries_[record].forgotten = true;
    forget_when_written(record);
}

// A cell cannot be given back while a write of it may be on its way.
void NumberKeeper::forget_when_written(Record record) {
    const Entry& entry = entries_[record];
    if (entry.stream != nullptr || !entry.forgotten || !entry.written) {
        return;
    }
    removed_.erase(entry.record.key);
    entry_of_.erase(entry.cell);
    file_->release(entry.cell);
    free_entries_.push_back(record);
}

void NumberKeeper::begin_salt(Record record, Salt salt) {
    Entry& entry = entries_[record];
    SealState& seal = entry.states.seal[salt % route_slots];
    if (std::exchange(entry.salts[salt % route_slots], salt) == salt) {
        return;
    }
    seal.recorded = 0;
    seal.next = 0;
    seal.ask_at = SealState::never;
    const auto numbers = open_cbc_salt(entry.record, salt);
    if (!numbers) {
        if (!std::exchange(entry.refused, true) && refused_++ == 0) {
            refused_first_ = entry.stream->name;
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

void NumberKeeper::record_more(Record record) {
    Entry& entry = entries_[record];
    if (entry.stream == nullptr) {
        return; // asked for before it was removed
    }
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

void NumberKeeper::check(Record record) {
    record_more(record);
    note_received(entries_[record]);
}

void NumberKeeper::note_received(Entry& entry) {
    const std::uint64_t received = entry.states.open->next.load(std::memory_order_relaxed);
    if (received > entry.record.received_before) {
        entry.record.received_before = received;
        submit(entry);
    }
}

void NumberKeeper::advance() {
    writer_.take_written(written_);
    for (const NumberFile::Stored& stored : written_) {
        const auto found = entry_of_.find(stored.cell);
        if (found == entry_of_.end()) {
            continue;
        }
        Entry& entry = entries_[found->second];
        entry.written = stored.record == entry.record;
        if (entry.stream == nullptr) {
            forget_when_written(found->second);
            continue;
        }
        release_recorded(entry, stored.record);
        record_more(found->second); // so much may be used that the next step is due at once
    }
    if (const auto error = writer_.take_error()) {
        log::error("state", "{}; what is sent stops when the numbers on the disk are used up",
                   *error);
    }
    warn_of_refused();
}

void NumberKeeper::warn_of_refused() {
    if (refused_ == 0) {
        return;
    }
    log::warning(
        "state",
        "{} streams with aes-256-cbc, {} among them: the clock is more than {} rotations "
        "behind what they sent before, and which numbers were used then is known no more; "
        "they send nothing until it gets there: set the clock right, or give them new keys "
        "or aes-256-gcm at both ends",
        refused_, refused_first_, NumberRecord::salts);
    refused_ = 0;
}

// What the disk has may be used. It may be older than what was submitted last.
void NumberKeeper::release_recorded(Entry& entry, const NumberRecord& recorded) {
    const auto release = [&](SealState& seal, std::uint64_t until, std::uint64_t last) {
        if (seal.recorded.load(std::memory_order_relaxed) < until) {
            seal.recorded.store(until, std::memory_order_release);
            seal.ask_at.store(until >= last ? SealState::never
                                            : ask_at(until, step_of(entry.cipher)),
                              std::memory_order_relaxed);
        }
    };
    if (entry.cipher == Cipher::aes_256_gcm) {
        release(entry.states.seal.front(), recorded.sent_before, SealState::never);
        return;
    }
    for (const Salt salt : entry.salts) {
        const auto numbers = salt == no_salt ? std::nullopt : cbc_numbers(recorded, salt);
        if (numbers) {
            release(entry.states.seal[salt % route_slots], numbers->used, SealState::cbc_numbers);
        }
    }
}

// It was killed before it forgot them. Those of configured keys stay, also of streams that are not
// configured, since they may be again.
void NumberKeeper::forget_ended_epochs() {
    std::erase_if(found_, [&](const auto& one) {
        const auto& [key, stored] = one;
        const bool ended = key.epoch != 0;
        if (ended) {
            file_->release(stored.cell);
        }
        return ended;
    });
}

// Each stream that exchanges keys comes to have records of several at a time. That there is room
// for them is known now, or the gateway does not start.
Result<> NumberKeeper::reserve() {
    std::size_t cells = 0;
    std::size_t held = 0;
    for (const Entry& entry : entries_) {
        const bool exchanges = entry.stream != nullptr && entry.stream->exchanges_keys();
        cells += exchanges && entry.record.key.epoch == 0 ? epochs_held : 0;
        held += exchanges ? 1 : 0;
    }
    return cells == 0 ? Result<>() : file_->reserve(cells - held);
}

Result<> NumberKeeper::settle() {
    const bool is_start = !std::exchange(is_complete_, true);
    if (is_start) {
        warn_of_lost_state();
    }
    for (Record record = 0; record < entries_.size(); ++record) {
        if (entries_[record].stream != nullptr) {
            check(record);
        }
    }
    auto written = writer_.flush();
    advance();
    return written && is_start ? reserve() : written;
}

} // namespace mt6d
