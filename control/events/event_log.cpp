// SPDX-License-Identifier: BSD-3-Clause
#include "control/events/event_log.hpp"

#include "control/clock.hpp"
#include "control/events/event_line.hpp"
#include "control/log.hpp"
#include "control/log_limiter.hpp"

#include <boost/lockfree/spsc_queue.hpp>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace mt6d::events {
namespace {

// How long an event may wait: control does not wake the writer, which would cost it a system call.
constexpr std::chrono::milliseconds look_interval{100};

// Those that strangers on a link can cause, as often as they like.
bool is_strangers(const What& what) {
    const auto* const alarm = std::get_if<Alarm>(&what);
    return alarm != nullptr && text_of(alarm->kind).cause == AlarmCause::strangers;
}

} // namespace

class Session::Writer {
public:
    Writer(EventFile file, Start start)
        : file_(std::move(file)), thread_([this] { run(stop_.get_token()); }) {
        record(std::move(start));
    }
    ~Writer() {
        record(End{});
        stop_.request_stop();
        thread_.join();
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void record(What what) {
        const SystemClock clock;
        constexpr std::size_t one_kind = 0;
        if (is_strangers(what) && !limiter_.ask(one_kind, clock.monotonic_ns()).passes) {
            ++lost_;
            return;
        }
        if (!queue_.push(Event{clock.unix_ns(), std::move(what)})) {
            ++lost_;
        }
    }
    void reopen() { reopen_ = true; }
    [[nodiscard]] std::uint64_t lost() const { return lost_; }

private:
    void run(const std::stop_token& stop) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any wake;
        while (!stop.stop_requested()) {
            write_queued();
            wake.wait_for(lock, stop, look_interval, [] { return false; });
        }
        write_queued();
    }

    void write_queued() {
        if (reopen_.exchange(false)) {
            if (auto opened = EventFile::open(file_.path())) {
                file_ = *std::move(opened);
            } else {
                log::error("events", "{}; the old file is still written to",
                           opened.error().message);
            }
        }
        std::string lines;
        std::uint64_t count = 0;
        queue_.consume_all([&](const Event& event) {
            lines += line(event);
            ++count;
        });
        const std::uint64_t lost = lost_;
        if (lost != told_) {
            lines += lost_line(lost - told_, SystemClock().unix_ns());
        }
        if (const auto written = file_.write(lines); written) {
            told_ = lost;
        } else if (count > 0) {
            lost_ += count;
            log::error("events", "{}; {} events are lost", written.error().message, count);
        }
    }

    boost::lockfree::spsc_queue<Event, boost::lockfree::capacity<queued_events>> queue_;
    log::LineLimiter limiter_; // of control's side
    std::atomic<std::uint64_t> lost_{0};
    std::uint64_t told_ = 0; // of these, in the file
    std::atomic<bool> reopen_{false};
    EventFile file_;
    std::stop_source stop_;
    std::thread thread_;
};

namespace {

// Of the session that lives. Others than control use it under the mutex.
std::mutex session_mutex;
std::atomic<Session*> session{nullptr};

} // namespace

Session::Session(EventFile file, Start start)
    : writer_(std::make_unique<Writer>(std::move(file), std::move(start))) {
    const std::lock_guard lock(session_mutex);
    session = this;
}

Session::~Session() {
    const std::lock_guard lock(session_mutex);
    session = nullptr;
}

void record(What what) {
    if (Session* const open = session.load(std::memory_order_acquire)) {
        open->writer_->record(std::move(what));
    }
}

Result<> reopen() {
    const std::lock_guard lock(session_mutex);
    if (session == nullptr) {
        return Error{"there is no event log: name a file as `events` in the configuration"};
    }
    session.load()->writer_->reopen();
    return {};
}

std::uint64_t lost() {
    const std::lock_guard lock(session_mutex);
    return session == nullptr ? 0 : session.load()->writer_->lost();
}

} // namespace mt6d::events
