// SPDX-License-Identifier: BSD-3-Clause
#include "control/link_watch.hpp"

#include "control/events/event_log.hpp"
#include "control/log.hpp"

#include <utility>

namespace mt6d {

using dataplane::Side;

LinkWatch::LinkWatch(const std::array<std::uint16_t, dataplane::side_count>& ports)
    : links_{PortLink(ports[0]), PortLink(ports[1])} {}

std::optional<Side> LinkWatch::came_up(std::int64_t now) {
    for (const Side side : dataplane::sides) {
        const std::size_t at = index(side);
        if (now < next_[at]) {
            continue;
        }
        next_[at] = now + interval_ns;
        const bool before = std::exchange(up_[at], links_[at].is_up());
        if (before && !up_[at]) {
            log::warning("port", "{}: link down", name(side));
            events::record(events::Alarm{events::AlarmKind::link_down, name(side)});
        } else if (!before && up_[at]) {
            log::info("port", "{}: link up", name(side));
            events::record(events::Alarm{events::AlarmKind::link_up, name(side)});
            return side;
        }
    }
    return std::nullopt;
}

} // namespace mt6d
