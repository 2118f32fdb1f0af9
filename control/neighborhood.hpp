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
#include "control/stream_room.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

namespace mt6d {

class Neighborhood {
public:
    // `config` outlives this.
    static Result<std::unique_ptr<Neighborhood>> create(const config::Config& config,
                                                        const Clock& clock,
                                                        dataplane::Forwarding& forwarding,
                                                        GraceQueue& grace, const StreamRoom& room);

    AnswerTable& answers(dataplane::Side side) { return answers_[index(side)]; }
    NextHops& next_hops() { return next_hops_; }
    [[nodiscard]] const NeighborCache& neighbors(dataplane::Side side) const {
        return (side == dataplane::Side::internal ? inside_ : next_hops_.neighbors()).cache();
    }
    // Whether the network sends all that is for this address here, so that nobody looks for it.
    [[nodiscard]] bool is_routed(const Ipv6Address& address) const {
        return forwarding_.is_routed(address);
    }
    // Likewise that it is for a remote host: hosts do not come to see it, nor does this link.
    [[nodiscard]] bool is_routed_beyond(const Ipv6Address& address) const {
        return forwarding_.is_routed_beyond(address);
    }
    // Routers know the way to these prefixes from now on; a moment's wait if that is news.
    void set_routed(dataplane::RoutedPrefixes prefixes);
    // Hashed addresses of a route that has ended. Who still asks for them, or sends to them, shall
    // not make the gateway look for them inside.
    void remember(const Ipv6Address& hashed);
    // Tells routers where a new hashed address is (section 7.2), soon. False: too many wait.
    bool announce(const Ipv6Address& address);
    [[nodiscard]] bool has_few_to_announce() const { return announcer_.has_few(); }

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
                 dataplane::Forwarding& forwarding, GraceQueue& grace, const StreamRoom& room);
    Result<> add_configured(std::int64_t now);
    void report_groups(dataplane::Side side, std::int64_t now);
    void forget_departed(std::int64_t now);

    struct Departed {
        Ipv6Address address;
        std::int64_t until;
    };

    const Clock& clock_;
    dataplane::Forwarding& forwarding_;
    GraceQueue& grace_;
    std::unique_ptr<const dataplane::RoutedPrefixes> routed_;
    std::array<MldListener, dataplane::side_count> listeners_;
    std::array<AnswerTable, dataplane::side_count> answers_;
    NeighborTable inside_;
    NextHops next_hops_;
    Announcer announcer_;
    const std::size_t most_departed_;
    std::deque<Departed> departed_;
};

} // namespace mt6d
