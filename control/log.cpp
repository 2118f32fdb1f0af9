// SPDX-License-Identifier: BSD-3-Clause
#include "control/log.hpp"

#include "control/clock.hpp"
#include "control/log_limiter.hpp"

#include <pthread.h>
#include <signal.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>

namespace mt6d::log {

namespace {

constexpr std::size_t queue_lines = 4096;
constexpr const char* text_pattern = "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v";
constexpr const char* bare_pattern = "%v";

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warning:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    }
    return spdlog::level::err;
}

bool to_journal() {
    static const bool found = is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM"));
    return found;
}

std::atomic<Format> chosen_format{Format::text};

const char* pattern() {
    return chosen_format == Format::text && !to_journal() ? text_pattern : bare_pattern;
}

std::string form(const Line& line) {
    if (chosen_format == Format::json) {
        return (to_journal() ? std::string(priority(line.level)) : "")
               + json(line, SystemClock().unix_ns());
    }
    return to_journal() ? for_journal(line) : plain(line);
}

std::shared_ptr<spdlog::logger> direct_logger() {
    static const auto logger = [] {
        auto made = std::make_shared<spdlog::logger>(
            "mt6d", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_pattern(pattern());
        made->set_level(spdlog::level::debug); // is_logged() decides
        return made;
    }();
    return logger;
}

std::shared_ptr<spdlog::details::thread_pool> queue;
std::shared_ptr<spdlog::logger> queued_logger; // std::atomic_load and atomic_store only

struct Lowest {
    std::atomic<Level> level{Level::info};
};
std::array<Lowest, areas.size() + 1> lowest_levels; // of each area, and of what is none

std::atomic<Level>& lowest_level(std::string_view area) {
    const auto* const found = std::find(areas.begin(), areas.end(), area);
    return lowest_levels[static_cast<std::size_t>(found - areas.begin())].level;
}

std::mutex limiter_mutex; // held for a few instructions
LineLimiter limiter;

} // namespace

Session::Session(Format format, Level lowest) {
    set_level(lowest);
    chosen_format = format;
    direct_logger()->set_pattern(pattern());
    queue = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1, [] {
        // None is meant for this thread.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
    });
    auto logger =
        std::make_shared<spdlog::async_logger>("mt6d", direct_logger()->sinks().front(), queue,
                                               spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog::level::debug);
    std::atomic_store(&queued_logger, std::shared_ptr<spdlog::logger>(std::move(logger)));
}

Session::~Session() {
    std::atomic_store(&queued_logger, std::shared_ptr<spdlog::logger>());
    const std::size_t lost = queue->overrun_counter();
    queue.reset(); // writes what is queued, then ends the thread
    if (lost > 0) {
        warning("log", "{} lines were dropped: standard error was too slow", lost);
    }
}

void set_level(Level lowest) {
    for (Lowest& one : lowest_levels) {
        one.level.store(lowest, std::memory_order_relaxed);
    }
}

void set_level(std::string_view area, Level lowest) {
    lowest_level(area).store(lowest, std::memory_order_relaxed);
}

bool is_logged(Level level, std::string_view area) {
    return level >= lowest_level(area).load(std::memory_order_relaxed);
}

std::optional<Line> admit(Level level, const Origin& origin, std::string_view kind) {
    if (!is_logged(level, origin.area)) {
        return std::nullopt;
    }
    constexpr std::hash<std::string_view> hash;
    const std::lock_guard lock(limiter_mutex);
    const auto verdict =
        limiter.ask(hash(origin.area) ^ (hash(kind) << 1U), SystemClock().monotonic_ns());
    return verdict.passes ? std::optional<Line>({level, origin, {}, verdict.left_out, verdict.last})
                          : std::nullopt;
}

void write(Level level, const Origin& origin, std::string_view text) {
    if (auto line = admit(level, origin, text)) {
        line->text = text;
        write(*line);
    }
}

void write(const Line& line) {
    const auto queued = std::atomic_load(&queued_logger);
    const auto& logger = queued ? queued : direct_logger();
    logger->log(spdlog_level(line.level), form(line));
}

} // namespace mt6d::log
