// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/number_writer.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iterator>
#include <utility>

namespace mt6d {

namespace {

constexpr std::chrono::seconds retry_after{1};

// Threads inherit the mask: signals are for whoever waits for them.
template <class Function>
std::thread start_without_signals(Function function) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(function));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread.native_handle(), "mt6d-numbers");
    return thread;
}

// Adds what is newer. What fails for hours must not grow with each record submitted meanwhile.
void append_newer(std::vector<NumberFile::Stored>& batch,
                  const std::vector<NumberFile::Stored>& newer) {
    const bool may_repeat = !batch.empty();
    batch.insert(batch.end(), newer.begin(), newer.end());
    if (!may_repeat) {
        return;
    }
    std::stable_sort(batch.begin(), batch.end(),
                     [](const auto& a, const auto& b) { return a.cell < b.cell; });
    // Backwards, so that the last of equals is the one that stays.
    const auto kept = std::unique(batch.rbegin(), batch.rend(),
                                  [](const auto& a, const auto& b) { return a.cell == b.cell; });
    batch.erase(batch.begin(), kept.base());
}

} // namespace

NumberWriter::NumberWriter(NumberFile& file) : file_(file) {
    thread_ = start_without_signals([this] { run(); });
}

NumberWriter::~NumberWriter() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
}

void NumberWriter::submit(const NumberFile::Stored& record) {
    if (record.cell >= submitted_.size()) {
        submitted_.resize(std::size_t{record.cell} + 1);
    }
    Submitted& last = submitted_[record.cell];
    {
        const std::lock_guard lock(mutex_);
        if (last.batch == waiting_batch_) {
            waiting_[last.position] = record;
            return; // the thread knows that there is work
        }
        last = {waiting_batch_, waiting_.size()};
        waiting_.push_back(record);
    }
    work_.notify_one();
}

void NumberWriter::take_written(std::vector<NumberFile::Stored>& records) {
    records.clear();
    const std::lock_guard lock(mutex_);
    records.swap(written_);
}

std::optional<std::string> NumberWriter::take_error() {
    const std::lock_guard lock(mutex_);
    return std::exchange(untaken_error_, std::nullopt);
}

bool NumberWriter::has_work() const {
    return !waiting_.empty() || is_failing_;
}

Result<> NumberWriter::flush() {
    std::unique_lock lock(mutex_);
    const std::uint64_t failures_before = failures_;
    retry_now_ = true;
    work_.notify_one();
    done_.wait(lock, [this, failures_before] {
        return failures_ != failures_before || (!has_work() && !is_writing_);
    });
    retry_now_ = false;
    if (failures_ != failures_before) {
        return Error{last_error_};
    }
    return {};
}

void NumberWriter::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, [this] { return is_stopping_ || has_work(); });
        if (!has_work()) {
            return;
        }
        const bool is_last_try = is_stopping_;
        if (write_batch(lock)) {
            continue;
        }
        if (is_last_try) {
            return;
        }
        retry_now_ = false;
        work_.wait_for(lock, retry_after, [this] { return is_stopping_ || retry_now_; });
    }
}

bool NumberWriter::write_batch(std::unique_lock<std::mutex>& lock) {
    taken_up_.clear();
    taken_up_.swap(waiting_); // keeps the room that both have grown to
    ++waiting_batch_;
    is_writing_ = true;
    lock.unlock();

    append_newer(batch_, taken_up_);
    const auto result = file_.write(batch_);

    lock.lock();
    is_writing_ = false;
    if (result) {
        written_.insert(written_.end(), batch_.begin(), batch_.end());
        batch_.clear();
    }
    if (!result) {
        ++failures_;
        if (!is_failing_ || result.error().message != last_error_) {
            last_error_ = result.error().message;
            untaken_error_ = last_error_;
        }
    }
    is_failing_ = !result;
    done_.notify_all();
    return !is_failing_;
}

} // namespace mt6d
