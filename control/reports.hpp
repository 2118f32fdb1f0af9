// SPDX-License-Identifier: BSD-3-Clause
// What a gateway tells of itself to programs while it runs: events, metrics, telemetry.
#pragma once

#include "control/appliance.hpp"
#include "control/events/event_log.hpp"
#include "control/metrics/prometheus_endpoint.hpp"
#include "control/metrics/telemetry.hpp"

#include <mt6d/result.hpp>

#include <memory>
#include <optional>

namespace mt6d {

class Reports {
public:
    // As the configuration says. Before the appliance starts; it outlives this.
    static Result<std::unique_ptr<Reports>> open(const Appliance& appliance);

private:
    Result<> open_events(const Gateway& gateway);
    Result<> open_prometheus(const Appliance& appliance);

    std::optional<events::Session> events_;
    std::optional<metrics::Telemetry> telemetry_;
    std::unique_ptr<metrics::PrometheusEndpoint> prometheus_;
};

} // namespace mt6d
