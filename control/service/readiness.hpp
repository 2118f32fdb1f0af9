// SPDX-License-Identifier: BSD-3-Clause
// When a gateway may be called ready, and what to say of it until then and afterwards.
#pragma once

#include "control/service/vital_signs.hpp"

#include <chrono>
#include <string>

namespace mt6d::service {

using TimePoint = std::chrono::steady_clock::time_point;

class Readiness {
public:
    // At `deadline` it counts as ready whatever it lacks: traffic would flow all the same when a
    // link comes up, and what starts after the gateway must not wait for a cable for ever.
    explicit Readiness(TimePoint deadline) : deadline_(deadline) {}

    // To be told the newest signs. True once it is ready, and from then on.
    bool look(const VitalSigns& signs, TimePoint now);

    // One line, of the signs last looked at.
    [[nodiscard]] const std::string& status() const { return status_; }

private:
    TimePoint deadline_;
    bool ready_ = false;
    std::string status_;
};

} // namespace mt6d::service
