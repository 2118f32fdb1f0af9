// SPDX-License-Identifier: BSD-3-Clause
#include "control/state/record_writer.hpp"

#include "control/state/key_files.hpp"
#include "control/state/number_file.hpp"

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
std::thread start_without_signals(const char* name, Function function) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(function));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    pthread_setname_np(thread.native_handle(), name);
    return thread;
}

// Adds what is newer. What fails for hours must not grow with each record submitted meanwhile.
template <class Stored>
void append_newer(std::vector<Stored>& batch, std::vector<Stored>& newer) {
    const bool may_repeat = !batch.empty() && !newer.empty();
    std::move(newer.begin(), newer.end(), std::back_inserter(batch));
    newer.clear();
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

template <class File>
RecordWriter<File>::RecordWriter(File& file) : file_(file) {
    thread_ = start_without_signals(File::thread_name, [this] { run(); });
}

template <class File>
RecordWriter<File>::~RecordWriter() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
}

template <class File>
void RecordWriter<File>::submit(Stored record) {
    if (record.cell >= submitted_.size()) {
        submitted_.resize(std::size_t{record.cell} + 1);
    }
    Submitted& last = submitted_[record.cell];
    {
        const std::lock_guard lock(mutex_);
        if (last.batch == waiting_batch_) {
            waiting_[last.position] = std::move(record);
            return; // the thread knows that there is work
        }
        last = {waiting_batch_, waiting_.size()};
        waiting_.push_back(std::move(record));
    }
    work_.notify_one();
}

template <class File>
void RecordWriter<File>::take_written(std::vector<Written>& records) {
    records.clear();
    const std::lock_guard lock(mutex_);
    records.swap(written_);
}

template <class File>
std::optional<std::string> RecordWriter<File>::take_error() {
    const std::lock_guard lock(mutex_);
    return std::exchange(untaken_error_, std::nullopt);
}

template <class File>
bool RecordWriter<File>::has_work() const {
    return !waiting_.empty() || has_rest_;
}

template <class File>
Result<> RecordWriter<File>::flush() {
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

template <class File>
void RecordWriter<File>::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        work_.wait(lock, [this] { return is_stopping_ || has_work(); });
        if (!has_work()) {
            return;
        }
        const bool is_last_try = is_stopping_;
        if (write_some(lock)) {
            continue;
        }
        if (is_last_try) {
            return;
        }
        retry_now_ = false;
        work_.wait_for(lock, retry_after, [this] { return is_stopping_ || retry_now_; });
    }
}

// False: there was no getting on.
template <class File>
bool RecordWriter<File>::write_some(std::unique_lock<std::mutex>& lock) {
    taken_up_.swap(waiting_); // keeps the room that both have grown to
    ++waiting_batch_;
    is_writing_ = true;
    lock.unlock();

    append_newer(batch_, taken_up_);
    const WriteProgress progress = file_.write_some(batch_);
    const auto rest = batch_.begin() + static_cast<std::ptrdiff_t>(progress.written);
    news_.assign(batch_.begin(), rest);
    batch_.erase(batch_.begin(), rest);

    lock.lock();
    is_writing_ = false;
    written_.insert(written_.end(), news_.begin(), news_.end());
    has_rest_ = !batch_.empty();
    take_note(progress.error);
    done_.notify_all();
    return progress.written > 0;
}

template <class File>
void RecordWriter<File>::take_note(const std::optional<Error>& error) {
    if (error) {
        ++failures_;
        if (!is_failing_ || error->message != last_error_) {
            last_error_ = error->message;
            untaken_error_ = last_error_;
        }
    }
    is_failing_ = error.has_value();
}

template class RecordWriter<KeyFiles>;
template class RecordWriter<NumberFile>;

} // namespace mt6d
