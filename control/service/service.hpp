// SPDX-License-Identifier: BSD-3-Clause
// A gateway as a service of systemd (sd_notify(3)): tells the service manager when it is ready,
// what it lacks, that it is alive, that it ends. A thread of its own does so, since a manager that
// does not read would hold up whoever writes to it. Without a manager nothing happens.
#pragma once

#include "control/service/movement.hpp"
#include "control/service/readiness.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace mt6d::service {

class Service {
public:
    using TakeSigns = std::function<VitalSigns()>;

    // From here on `take_signs` is called by another thread, a few times a second, until the
    // destructor ends. `ready_timeout`: after that it is called ready whatever it lacks.
    Service(TakeSigns take_signs, std::chrono::seconds ready_timeout);
    // Says that the gateway ends.
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Around a change of the configuration. A gateway that is not ready yet stays so. Any thread
    // that may block: not the control lcore.
    void reload_begins();
    void reload_ends();

private:
    using Clock = std::chrono::steady_clock;

    void run();
    void look(Clock::time_point now);
    void feed_watchdog(const VitalSigns& signs, Clock::time_point now);
    void tell(const std::string& state);

    const TakeSigns take_signs_;
    std::optional<std::chrono::microseconds> watchdog_; // none: nobody watches
    Clock::time_point next_feed_{};
    Readiness readiness_;
    Movement movement_;
    std::string still_; // "worker 0 stands still", for as long as it does; empty: nobody does
    std::string told_status_;

    std::mutex mutex_; // of what follows
    std::condition_variable changed_;
    bool ready_ = false;
    bool ending_ = false;
    std::thread thread_;
};

} // namespace mt6d::service
