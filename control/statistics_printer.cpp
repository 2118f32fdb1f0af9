// SPDX-License-Identifier: BSD-3-Clause
#include "control/statistics_printer.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>
#include <string>
#include <utility>

namespace mt6d {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// How long a reader that does not read may hold up the end.
constexpr milliseconds patience{800};
constexpr milliseconds look_up{100}; // for the end, while the reader does not read

// Whether the output takes more before `look_up` has passed. A pipe that does has room for PIPE_BUF
// bytes, so that writing as much does not block.
bool takes_more(int output) {
    pollfd entry{.fd = output, .events = POLLOUT, .revents = 0};
    return poll(&entry, 1, static_cast<int>(look_up.count())) > 0;
}

} // namespace

StatisticsPrinter::StatisticsPrinter(std::function<Statistics()> source, StatsFormat format,
                                     std::chrono::seconds period, int output)
    : source_(std::move(source)), format_(format), output_(output), start_(source_()),
      previous_(start_), period_(period), thread_([this] { run(stop_.get_token()); }) {}

void StatisticsPrinter::set_period(std::chrono::seconds period) {
    const std::lock_guard lock(mutex_);
    period_ = period;
    period_changed_ = true;
    wake_.notify_all();
}

std::chrono::seconds StatisticsPrinter::period() const {
    const std::lock_guard lock(mutex_);
    return period_;
}

void StatisticsPrinter::stop() {
    stop_.request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void StatisticsPrinter::run(const std::stop_token& stop) {
    if (format_ == StatsFormat::json) {
        print("ready", stop);
    }
    constexpr std::chrono::hours nothing_due{24};
    std::unique_lock lock(mutex_);
    auto next = SteadyClock::now();
    for (;;) {
        // What a slow reader has missed is not made up for.
        next = std::max(next + period_, SteadyClock::now());
        const bool on = period_.count() > 0;
        wake_.wait_until(lock, stop, on ? next : SteadyClock::now() + nothing_due,
                         [&] { return period_changed_; });
        if (stop.stop_requested()) {
            return;
        }
        if (std::exchange(period_changed_, false)) {
            next = SteadyClock::now();
        } else if (on) {
            lock.unlock();
            print("stats", stop);
            lock.lock();
        }
    }
}

void StatisticsPrinter::print(const char* event, const std::stop_token& stop) {
    Statistics now = source_();
    put(format_ == StatsFormat::json ? format_json(now, previous_, event) + "\n"
                                     : format_text(now, previous_),
        stop);
    previous_ = std::move(now);
}

void StatisticsPrinter::print_summary(const Statistics& statistics) {
    put(format_ == StatsFormat::json ? format_json(statistics, start_, "summary") + "\n"
                                     : "summary\n" + format_text(statistics, start_),
        stop_.get_token());
}

// Waits for the reader as long as there is time. The output's description may be shared with
// others (a terminal), so it is not made non-blocking.
void StatisticsPrinter::put(std::string_view text, const std::stop_token& stop) {
    std::optional<SteadyClock::time_point> deadline;
    while (!text.empty() && !cut_off_) {
        if (takes_more(output_)) {
            const std::size_t size = std::min<std::size_t>(text.size(), PIPE_BUF);
            const ssize_t written = write(output_, text.data(), size);
            if (written >= 0) {
                text.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno != EINTR && errno != EAGAIN) {
                return; // nobody reads any more
            }
        } else if (stop.stop_requested()) {
            deadline = deadline.value_or(SteadyClock::now() + patience);
            cut_off_ = SteadyClock::now() >= *deadline;
        }
    }
}

} // namespace mt6d
