// SPDX-License-Identifier: BSD-3-Clause
// What the gateway is to the two links it stands on, and they to it (docs/protocol.md, section 7):
// the addresses it answers for, its neighbours, routers, groups and announcements. Control lcore
// alone.
#pragma once

#include "control/announcer.hpp"
#include "control/answer_table.hpp"
#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/mld_listener.hpp"
#include "control/neighbor_table.hpp"
#include "control/next_hops.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <cstdint>
#include <memory>

namespace mt6d {

// How many there are at a time.
struct NeighborhoodSize {
    std::size_t streams;
    std::size_t routes;
};

class Neighborhood {
public:
    // `config` outlives this.
    static Result<std::unique_ptr<Neighborhood>>
    create(const config::Config& config, const Clock& clock, dataplane::Forwarding& forwarding,
           GraceQueue& grace, const NeighborhoodSize& size);

    AnswerTable& answers(dataplane::Side side) { return answers_[index(side)]; }
    NextHops& next_hops() { return next_hops_; }
    // Whether the network sends all that is for this address here, so that nobody looks for it.
    [[nodiscard]] bool is_routed(const Ipv6Address& address) const;
    // Tells routers where a new hashed address is (section 7.2), soon.
    void announce(const Ipv6Address& address);

    void hear(const dataplane::NeighborEvent& event, std::int64_t now);
    void hear(const dataplane::QueryEvent& event, std::int64_t now) {
        listeners_[index(event.side)].on_query(event.query, now);
    }
    // The link of that side was down: who is there, and who routes, is asked again, and groups are
    // reported again.
    void link_up(dataplane::Side side, std::int64_t now);
    // Timers. `now`: monotonic nanoseconds.
    void advance(std::int64_t now);

private:
    Neighborhood(const config::Config& config, const Clock& clock,
                 dataplane::Forwarding& forwarding, GraceQueue& grace,
                 const NeighborhoodSize& size);
    Result<> add_configured(std::int64_t now);
    void report_groups(dataplane::Side side, std::int64_t now);

    const config::Config& config_;
    dataplane::Forwarding& forwarding_;
    std::array<MldListener, dataplane::side_count> listeners_;
    std::array<AnswerTable, dataplane::side_count> answers_;
    NeighborTable inside_;
    NextHops next_hops_;
    Announcer announcer_;
};

} // namespace mt6d
