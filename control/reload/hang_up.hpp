// SPDX-License-Identifier: BSD-3-Clause
// SIGHUP has the configuration read again, and the log say what became of it.
#pragma once

#include "control/reload/reloader.hpp"
#include "control/service/service.hpp"
#include "control/shell/stop_signal.hpp"
#include "control/state/descriptor.hpp"

#include <thread>

namespace mt6d::reload {

class HangUp {
public:
    // Precondition: SIGHUP is blocked in every thread. Both outlive it.
    HangUp(Reloader& reloader, service::Service& service);
    ~HangUp(); // a reload under way comes to its end first
    HangUp(const HangUp&) = delete;
    HangUp& operator=(const HangUp&) = delete;

private:
    void run();

    Reloader& reloader_;
    service::Service& service_;
    Descriptor signals_;
    shell::StopSignal stop_;
    std::thread thread_;
};

} // namespace mt6d::reload
