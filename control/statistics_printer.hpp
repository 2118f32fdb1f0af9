// SPDX-License-Identifier: BSD-3-Clause
// Prints statistics to standard output, on a thread of its own: whoever reads them may be slow.
#pragma once

#include "control/command_line.hpp"
#include "control/statistics.hpp"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>

namespace mt6d {

class StatisticsPrinter {
public:
    // Says "ready" at once where programs read along, then prints each `period` (0 s: not).
    StatisticsPrinter(std::function<Statistics()> source, StatsFormat format,
                      std::chrono::seconds period, int output = STDOUT_FILENO);
    ~StatisticsPrinter() { stop(); }
    StatisticsPrinter(const StatisticsPrinter&) = delete;
    StatisticsPrinter& operator=(const StatisticsPrinter&) = delete;

    // From now on. Any thread, as long as it lives.
    void set_period(std::chrono::seconds period);
    [[nodiscard]] std::chrono::seconds period() const;

    // Ends the thread, in a second at the most even if nobody reads.
    void stop();
    // Of all the time since the beginning; likewise a second at the most. After stop().
    void print_summary(const Statistics& statistics);

private:
    void run(const std::stop_token& stop);
    void print(const char* event, const std::stop_token& stop);
    void put(std::string_view text, const std::stop_token& stop);

    const std::function<Statistics()> source_;
    const StatsFormat format_;
    const int output_;
    const Statistics start_;
    Statistics previous_;
    bool cut_off_ = false;     // in the middle of a text: nothing may follow
    mutable std::mutex mutex_; // of the two below
    std::chrono::seconds period_;
    bool period_changed_ = false;
    std::condition_variable_any wake_;
    std::stop_source stop_;
    std::thread thread_;
};

} // namespace mt6d
