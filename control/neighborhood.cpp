// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighborhood.hpp"

#include <algorithm>
#include <utility>

namespace mt6d {

using dataplane::Side;
using dataplane::sides;

Neighborhood::Neighborhood(const config::Config& config, dataplane::Forwarding& forwarding,
                           GraceQueue& grace, std::size_t next_hops)
    : config_(config),
      forwarding_(forwarding), answers_{AnswerTable(*forwarding.targets[index(Side::internal)],
                                                    grace),
                                        AnswerTable(*forwarding.targets[index(Side::external)],
                                                    grace)},
      inside_(Side::internal, forwarding, grace, 0),
      next_hops_(config.external, forwarding, grace, next_hops), announcer_(forwarding) {
    forwarding.routed = config.external.routed;
    forwarding.proxy = config.unprotected == config::Unprotected::proxy;
    forwarding.forward_other_frames = config.other_frames == config::OtherFrames::forward;
}

Result<std::unique_ptr<Neighborhood>> Neighborhood::create(const config::Config& config,
                                                           dataplane::Forwarding& forwarding,
                                                           GraceQueue& grace, std::size_t next_hops,
                                                           std::int64_t now) {
    auto made =
        std::unique_ptr<Neighborhood>(new Neighborhood(config, forwarding, grace, next_hops));
    if (auto added = made->add_configured(now); !added) {
        return std::move(added).error();
    }
    return made;
}

Result<> Neighborhood::add_configured(std::int64_t now) {
    for (const Side side : sides) {
        if (!answers(side).add(Ipv6Address::link_local(forwarding_.port(side).mac))) {
            return Error{"no room in the table of addresses to answer for; raise `memory`"};
        }
    }
    if (const auto& router = config_.external.default_router;
        router && !answers(Side::internal).add(*router, AnswerTable::Kind::router)) {
        return Error{"no room in the table of addresses to answer for; raise `memory`"};
    }
    return next_hops_.add_configured(now);
}

bool Neighborhood::is_routed(const Ipv6Address& address) const {
    const auto& routed = config_.external.routed;
    return std::any_of(routed.begin(), routed.end(),
                       [&](const Ipv6Prefix& prefix) { return prefix.contains(address); });
}

void Neighborhood::announce(const Ipv6Address& address) {
    if (!is_routed(address)) {
        announcer_.add(address);
    }
}

void Neighborhood::hear(const dataplane::NeighborEvent& event, std::int64_t now) {
    if (event.side == Side::internal) {
        inside_.hear(event, now);
    } else {
        next_hops_.hear(event, now);
    }
}

void Neighborhood::advance(std::int64_t now) {
    inside_.advance(now);
    next_hops_.advance(now);
    announcer_.advance(next_hops_.routers(), [this](const Ipv6Address& address) {
        return answers(Side::external).contains(address);
    });
}

} // namespace mt6d
