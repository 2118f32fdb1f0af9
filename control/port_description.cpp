// SPDX-License-Identifier: BSD-3-Clause
// What a port's device says of itself.
#include "control/port.hpp"

#include <rte_ethdev.h>

namespace mt6d {

DeviceCounters Port::counters() const {
    const std::lock_guard lock(asked_->mutex);
    rte_eth_stats stats{};
    if (rte_eth_stats_get(plan_.id, &stats) == 0) {
        asked_->last = {.rx_missed = stats.imissed,
                        .rx_no_buffer = stats.rx_nombuf,
                        .rx_errors = stats.ierrors,
                        .tx_errors = stats.oerrors};
    }
    return asked_->last;
}

PortDescription Port::describe() const {
    PortDescription about;
    about.device = plan_.config.device;
    about.driver = plan_.device.driver;
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(plan_.id, &info) == 0) {
        about.driver = info.driver_name;
    }
    about.link_up = link_is_up();
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(plan_.id, &link) == 0) {
        about.link_speed_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
    }
    about.rx_descriptors = plan_.rx_descriptors;
    about.tx_descriptors = plan_.tx_descriptors;
    about.spreads = plan_.rx_queues > 1 && plan_.rss_types != 0;
    about.numa_node = plan_.socket;
    return about;
}

std::vector<std::pair<std::string, std::uint64_t>> Port::extended_counters() const {
    const std::lock_guard lock(asked_->mutex);
    const int count = rte_eth_xstats_get_names(plan_.id, nullptr, 0);
    if (count <= 0) {
        return {};
    }
    const auto size = static_cast<unsigned>(count);
    std::vector<rte_eth_xstat_name> names(size);
    std::vector<rte_eth_xstat> values(size);
    if (rte_eth_xstats_get_names(plan_.id, names.data(), size) != count
        || rte_eth_xstats_get(plan_.id, values.data(), size) != count) {
        return {};
    }
    std::vector<std::pair<std::string, std::uint64_t>> counters;
    for (const rte_eth_xstat& value : values) {
        counters.emplace_back(static_cast<const char*>(names[value.id].name), value.value);
    }
    return counters;
}

} // namespace mt6d
