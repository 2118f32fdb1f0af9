// SPDX-License-Identifier: BSD-3-Clause
#include "control/log.hpp"

#include <pthread.h>
#include <signal.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

namespace mt6d::log {

namespace {

constexpr std::size_t queue_lines = 4096;
constexpr const char* line_pattern = "%Y-%m-%d %H:%M:%S.%e %^%-7l%$ %v";

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

std::shared_ptr<spdlog::logger> direct_logger() {
    static const auto logger = [] {
        auto made = std::make_shared<spdlog::logger>(
            "mt6d", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
        made->set_pattern(line_pattern);
        return made;
    }();
    return logger;
}

std::shared_ptr<spdlog::details::thread_pool> queue;
std::shared_ptr<spdlog::logger> queued_logger; // std::atomic_load and atomic_store only

} // namespace

Session::Session(Level lowest) {
    direct_logger()->set_level(spdlog_level(lowest));
    queue = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1, [] {
        // None is meant for this thread.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, nullptr);
    });
    auto logger =
        std::make_shared<spdlog::async_logger>("mt6d", direct_logger()->sinks().front(), queue,
                                               spdlog::async_overflow_policy::overrun_oldest);
    logger->set_level(spdlog_level(lowest));
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

void write(Level level, std::string_view area, std::string_view text) {
    const auto queued = std::atomic_load(&queued_logger);
    const auto& logger = queued ? queued : direct_logger();
    logger->log(spdlog_level(level), "{}: {}", area, text);
}

} // namespace mt6d::log
