// SPDX-License-Identifier: BSD-3-Clause
#include "control/reports.hpp"

#include "control/metrics/snapshot.hpp"

#include <utility>

namespace mt6d {

Result<std::unique_ptr<Reports>> Reports::open(const Appliance& appliance) {
    auto reports = std::make_unique<Reports>();
    if (auto opened = reports->open_events(appliance.gateway()); !opened) {
        return std::move(opened).error();
    }
    reports->telemetry_.emplace(appliance);
    if (auto opened = reports->open_prometheus(appliance); !opened) {
        return std::move(opened).error();
    }
    return reports;
}

Result<> Reports::open_events(const Gateway& gateway) {
    const config::Config& config = gateway.config();
    if (config.events.empty()) {
        return {};
    }
    auto file = events::EventFile::open(config.events);
    if (!file) {
        return std::move(file).error();
    }
    events_.emplace(*std::move(file), events::Start{config.name, gateway.directory()->size()});
    return {};
}

Result<> Reports::open_prometheus(const Appliance& appliance) {
    const config::Metrics& config = appliance.gateway().config().metrics;
    if (config.prometheus.empty()) {
        return {};
    }
    const double start = appliance.statistics().time;
    auto opened =
        metrics::PrometheusEndpoint::open(config, [&appliance, start, named = config.streams] {
            return metrics::take_snapshot(appliance, start, named);
        });
    if (!opened) {
        return std::move(opened).error();
    }
    prometheus_ = *std::move(opened);
    return {};
}

} // namespace mt6d
