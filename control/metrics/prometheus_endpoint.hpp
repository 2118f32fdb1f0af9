// SPDX-License-Identifier: BSD-3-Clause
// Where Prometheus reads the metrics: http://ADDRESS/metrics. Served by threads of their own.
#pragma once

#include "control/config/config.hpp"
#include "control/metrics/snapshot.hpp"

#include <mt6d/result.hpp>

#include <functional>
#include <memory>

namespace mt6d::metrics {

class PrometheusEndpoint {
public:
    // `source` is asked at each scrape, on a thread of the endpoint, until that is destroyed.
    static Result<std::unique_ptr<PrometheusEndpoint>> open(const config::Metrics& config,
                                                            std::function<Snapshot()> source);
    ~PrometheusEndpoint();
    PrometheusEndpoint(const PrometheusEndpoint&) = delete;
    PrometheusEndpoint& operator=(const PrometheusEndpoint&) = delete;

private:
    class Server;
    explicit PrometheusEndpoint(std::unique_ptr<Server> server);
    std::unique_ptr<Server> server_;
};

} // namespace mt6d::metrics
