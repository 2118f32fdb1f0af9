// SPDX-License-Identifier: BSD-3-Clause
#include "control/link_watch.hpp"

#include "control/log.hpp"

#include <rte_ethdev.h>

#include <utility>

namespace mt6d {

using dataplane::Side;

LinkWatch::LinkWatch(const std::array<std::uint16_t, dataplane::side_count>& ports) {
    for (std::size_t i = 0; i < ports.size(); ++i) {
        rte_eth_dev_info info{};
        watched_[i].port = ports[i];
        if (rte_eth_dev_info_get(ports[i], &info) == 0) {
            watched_[i].interface = KernelInterface::find(info.if_index);
        }
    }
}

bool LinkWatch::Watched::is_up() const {
    if (interface) {
        return interface->has_carrier();
    }
    rte_eth_link link{};
    // What cannot be asked is not down.
    return rte_eth_link_get_nowait(port, &link) != 0 || link.link_status == RTE_ETH_LINK_UP;
}

std::optional<Side> LinkWatch::came_up(std::int64_t now) {
    for (const Side side : dataplane::sides) {
        const std::size_t at = index(side);
        if (now < next_[at]) {
            continue;
        }
        next_[at] = now + interval_ns;
        const bool before = std::exchange(up_[at], watched_[at].is_up());
        if (before && !up_[at]) {
            log::warning("port", "{}: link down", name(side));
        } else if (!before && up_[at]) {
            log::info("port", "{}: link up", name(side));
            return side;
        }
    }
    return std::nullopt;
}

} // namespace mt6d
