// SPDX-License-Identifier: BSD-3-Clause
#include "control/statistics_printer.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace mt6d {
namespace {

void put(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

} // namespace

StatisticsPrinter::StatisticsPrinter(std::function<Statistics()> source, StatsFormat format,
                                     std::chrono::seconds period)
    : source_(std::move(source)), format_(format), period_(period), thread_([this] { run(); }) {}

StatisticsPrinter::~StatisticsPrinter() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void StatisticsPrinter::run() {
    if (format_ == StatsFormat::json) {
        print("ready");
    }
    std::unique_lock lock(mutex_);
    if (period_.count() == 0) {
        wake_.wait(lock, [this] { return stop_; });
        return;
    }
    auto next = std::chrono::steady_clock::now() + period_;
    while (!wake_.wait_until(lock, next, [this] { return stop_; })) {
        next += period_;
        print("stats");
    }
}

void StatisticsPrinter::print(const char* event) {
    Statistics now = source_();
    put(format_ == StatsFormat::json ? format_json(now, previous_, event) + "\n"
                                     : format_text(now, previous_));
    previous_ = std::move(now);
}

void StatisticsPrinter::print_summary(const Statistics& statistics, StatsFormat format) {
    put(format == StatsFormat::json ? format_json(statistics, {}, "summary") + "\n"
                                    : "summary\n" + format_text(statistics, {}));
}

} // namespace mt6d
