// SPDX-License-Identifier: BSD-3-Clause
// Prints statistics to standard output, on a thread of its own: whoever reads them may be slow.
#pragma once

#include "control/command_line.hpp"
#include "control/statistics.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace mt6d {

class StatisticsPrinter {
public:
    // Says "ready" at once where programs read along, then prints each `period` (0 s: never).
    StatisticsPrinter(std::function<Statistics()> source, StatsFormat format,
                      std::chrono::seconds period);
    // Ends the thread.
    ~StatisticsPrinter();
    StatisticsPrinter(const StatisticsPrinter&) = delete;
    StatisticsPrinter& operator=(const StatisticsPrinter&) = delete;

    static void print_summary(const Statistics& statistics, StatsFormat format);

private:
    void run();
    void print(const char* event);

    const std::function<Statistics()> source_;
    const StatsFormat format_;
    const std::chrono::seconds period_;
    Statistics previous_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread thread_;
};

} // namespace mt6d
