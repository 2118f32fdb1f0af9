// SPDX-License-Identifier: BSD-3-Clause
// A moment's counters as Prometheus takes them. Pure.
#pragma once

#include "control/metrics/snapshot.hpp"

#include <prometheus/metric_family.h>

#include <string_view>
#include <vector>

namespace mt6d::metrics {

// The label of the series that stands for all streams without one of their own. No stream can have
// this name.
inline constexpr std::string_view other_streams = "(others)";

// In the order of metric_texts; each family at most once, none without a series.
std::vector<prometheus::MetricFamily> metric_families(const Snapshot& snapshot);

} // namespace mt6d::metrics
