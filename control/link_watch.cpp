// SPDX-License-Identifier: BSD-3-Clause
#include "control/link_watch.hpp"

#include "control/log.hpp"

#include <rte_ethdev.h>

namespace mt6d {

using dataplane::Side;

std::optional<Side> LinkWatch::came_up(std::int64_t now) {
    for (const Side side : dataplane::sides) {
        const std::size_t at = index(side);
        if (now < next_[at]) {
            continue;
        }
        next_[at] = now + interval_ns;
        rte_eth_link link{};
        if (rte_eth_link_get_nowait(ports_[at], &link) != 0) {
            continue;
        }
        const bool before = up_[at];
        up_[at] = link.link_status == RTE_ETH_LINK_UP;
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
