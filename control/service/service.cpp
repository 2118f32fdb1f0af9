// SPDX-License-Identifier: BSD-3-Clause
#include "control/service/service.hpp"

#include "control/log.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace mt6d::service {
namespace {

constexpr std::chrono::milliseconds look_interval{200};

// How often the service manager wants a sign of life.
std::optional<std::chrono::microseconds> watchdog_period() {
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) <= 0) {
        return std::nullopt;
    }
    return std::chrono::microseconds(microseconds);
}

} // namespace

Service::Service(TakeSigns take_signs, std::chrono::seconds ready_timeout)
    : take_signs_(std::move(take_signs)), watchdog_(watchdog_period()),
      readiness_(Clock::now() + ready_timeout) {
    if (std::getenv("NOTIFY_SOCKET") != nullptr) {
        thread_ = std::thread([this] { run(); });
    }
}

Service::~Service() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
    tell("STOPPING=1\nSTATUS=ending");
}

void Service::run() {
    const auto pause = watchdog_ ? std::min<Clock::duration>(look_interval, *watchdog_ / 4)
                                 : Clock::duration(look_interval);
    std::unique_lock lock(mutex_);
    while (!ending_) {
        lock.unlock();
        look(Clock::now());
        lock.lock();
        changed_.wait_for(lock, pause, [this] { return ending_; });
    }
}

void Service::look(Clock::time_point now) {
    const VitalSigns signs = take_signs_();
    const bool ready = readiness_.look(signs, now);
    std::string news;
    {
        const std::lock_guard lock(mutex_);
        news = std::exchange(ready_, ready) == ready ? "" : "READY=1\n";
    }
    if (watchdog_ && now >= next_feed_) {
        feed_watchdog(signs, now);
    }
    const std::string& status = still_.empty() ? readiness_.status() : still_;
    if (std::exchange(told_status_, status) != status) {
        news += "STATUS=" + status;
        log::info("service", "{}{}", ready ? "" : "not ready: ", status);
    }
    if (!news.empty()) {
        tell(news);
    }
}

// Twice in each period. If one stands still, the manager hears nothing, and starts anew.
void Service::feed_watchdog(const VitalSigns& signs, Clock::time_point now) {
    next_feed_ = now + *watchdog_ / 2;
    const std::vector<std::string> still = movement_.standing_still(signs);
    if (still.empty()) {
        still_.clear();
        tell("WATCHDOG=1");
        return;
    }
    const std::string who = fmt::format("{}", fmt::join(still, " and "));
    log::error("service", "{} has not moved for {} ms: no sign of life to the service manager", who,
               std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog_ / 2).count());
    still_ = who + " stands still";
}

void Service::reload_begins() {
    const std::lock_guard lock(mutex_);
    if (ready_) {
        const auto since_boot = Clock::now().time_since_epoch();
        const auto now = std::chrono::duration_cast<std::chrono::microseconds>(since_boot).count();
        tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", now));
    }
}

void Service::reload_ends() {
    const std::lock_guard lock(mutex_);
    if (ready_) {
        tell("READY=1");
    }
}

void Service::tell(const std::string& state) {
    if (const int code = sd_notify(0, state.c_str()); code < 0) {
        log::warning("service", "the service manager ($NOTIFY_SOCKET) cannot be told: {}",
                     std::strerror(-code));
    }
}

} // namespace mt6d::service
