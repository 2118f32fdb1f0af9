// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/key_exchange_model_disk.hpp"

#include "control/clock.hpp"
#include "control/state/numbers.hpp"

#include <algorithm>
#include <cstring>

namespace mt6d::test {

namespace {

constexpr std::int64_t retry_ns = nanoseconds_per_second; // as the writer's thread

// Keys differ in their first bytes already.
std::uint64_t name_of(const config::SessionKey& key) {
    std::uint64_t word = 0;
    std::memcpy(&word, key.bytes().data(), sizeof(word));
    return word;
}

std::uint64_t first_number(std::uint64_t sent_before, std::int64_t clock) {
    NumberRecord record;
    record.sent_before = sent_before;
    return first_gcm_number(record, clock);
}

} // namespace

template <class Write>
Write ModelWriter<Write>::advance(std::int64_t now, std::int64_t duration, bool fails) {
    Write done;
    if (!writing_.empty() && done_at_ <= now && fails) {
        if (!waiting_.empty()) {
            writing_.take(std::exchange(waiting_, {}));
        }
        done_at_ = now + retry_ns;
    } else if (!writing_.empty() && done_at_ <= now) {
        done = std::exchange(writing_, {});
    }
    if (writing_.empty() && !waiting_.empty()) {
        writing_ = std::exchange(waiting_, {});
        done_at_ = now + duration;
    }
    return done;
}

template <class Write>
Write ModelWriter<Write>::die(bool is_done) {
    waiting_ = {};
    Write last = std::exchange(writing_, {});
    return is_done ? std::move(last) : Write{};
}

template class ModelWriter<ModelKeyWrite>;
template class ModelWriter<ModelNumberWrite>;

void ModelDisk::put(ModelKeyWrite&& write) {
    images_.push_back({std::move(write.bytes), now().numbers});
}

ModelDisk::Written ModelDisk::advance(std::int64_t now_ns, std::int64_t duration) {
    Written written;
    if (auto done = keys.advance(now_ns, duration, is_full); !done.empty()) {
        written.generation = done.generation;
        written.epochs = std::move(done.epochs);
        put(std::move(done));
    }
    ModelNumberWrite rest;
    auto& there = now().numbers;
    for (auto& [cell, record] : numbers.advance(now_ns, duration, false).cells) {
        if (!record) {
            there.erase(cell);
        } else if (is_full && !there.contains(cell)) {
            rest.cells.emplace(cell, record);
        } else {
            there.insert_or_assign(cell, *record);
            written.cells.push_back(cell);
        }
    }
    if (!rest.empty()) {
        numbers.retry(std::move(rest));
    }
    return written;
}

void ModelDisk::die(bool keys_are_done, bool numbers_are_done) {
    if (auto done = keys.die(keys_are_done && !is_full); !done.empty()) {
        put(std::move(done));
    }
    for (const auto& [cell, record] : numbers.die(numbers_are_done && !is_full).cells) {
        if (record) {
            now().numbers.insert_or_assign(cell, *record);
        } else {
            now().numbers.erase(cell);
        }
    }
}

void ModelNumbers::begin_life() {
    found_.clear();
    for (const auto& [cell, record] : disk_->now().numbers) {
        std::uint64_t& before = found_[record.epoch];
        before = std::max(before, record.sent_before);
    }
    first_cell_of_life_ = next_cell_;
    sealing_.clear();
    dropped_.clear();
    is_settled_ = false;
}

void ModelNumbers::settle() {
    is_settled_ = true;
    found_.clear();
    // What no key was held for is of epochs that have ended. What was held and dropped since may
    // still be named in the file of keys.
    std::erase_if(disk_->now().numbers,
                  [&](const auto& stored) { return stored.first < first_cell_of_life_; });
}

void ModelNumbers::state_was_lost() {
    for (auto& [key, use] : used_) {
        use.record_is_lost = true;
    }
}

std::string ModelNumbers::hold(std::uint32_t epoch, const config::SessionKey& key,
                               std::int64_t clock) {
    const auto found = found_.find(epoch);
    const std::uint64_t first = first_number(found == found_.end() ? 0 : found->second, clock);
    Sealing sealing{.cell = next_cell_++, .key = name_of(key), .next = first};
    sealing.sent_before = first + gcm_step;
    if (!is_settled_) {
        sealing.recorded = sealing.sent_before;
        disk_->now().numbers[sealing.cell] = {epoch, sealing.sent_before};
    } else {
        submit(epoch, sealing);
    }
    sealing_.insert_or_assign(epoch, sealing);

    // A key that was dropped has no record any more. It comes back only where state was lost.
    const Use use = used_[sealing.key];
    if (first < use.end) {
        const bool clock_is_behind = first_number(0, clock) < use.end;
        if (!use.record_is_lost || !clock_is_behind) {
            return "numbers of the key of epoch " + std::to_string(epoch) + " are used again";
        }
        ++excused;
    }
    return {};
}

void ModelNumbers::submit(std::uint32_t epoch, const Sealing& sealing) {
    disk_->numbers.submit({{{sealing.cell, ModelNumberRecord{epoch, sealing.sent_before}}}});
}

void ModelNumbers::drop(std::uint32_t epoch) {
    const auto found = sealing_.find(epoch);
    dropped_.emplace_back(epoch, found->second.cell);
    sealing_.erase(found);
}

void ModelNumbers::written(const ModelDisk::Written& news) {
    if (news.generation != 0) {
        std::erase_if(dropped_, [&](const auto& dropped) {
            const bool is_named = std::ranges::count(news.epochs, dropped.first) > 0;
            if (!is_named) {
                disk_->numbers.submit({{{dropped.second, std::nullopt}}});
            }
            return !is_named;
        });
    }
    for (auto& [epoch, sealing] : sealing_) {
        if (std::ranges::count(news.cells, sealing.cell) > 0) {
            sealing.recorded = disk_->now().numbers.at(sealing.cell).sent_before;
        }
    }
}

bool ModelNumbers::seal(std::uint32_t epoch, std::uint64_t packets) {
    Sealing& sealing = sealing_.at(epoch);
    if (sealing.next + packets > sealing.recorded) {
        return false;
    }
    sealing.next += packets;
    used_[sealing.key] = {.end = sealing.next, .record_is_lost = false};
    if (sealing.next + gcm_step / 2 >= sealing.recorded
        && sealing.sent_before == sealing.recorded) {
        sealing.sent_before += gcm_step;
        submit(epoch, sealing);
    }
    return true;
}

} // namespace mt6d::test
