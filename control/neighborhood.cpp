// SPDX-License-Identifier: BSD-3-Clause
#include "control/neighborhood.hpp"

#include "control/mld_packets.hpp"
#include "control/packets.hpp"

#include <rte_random.h>

#include <algorithm>
#include <utility>

namespace mt6d {

using dataplane::Side;
using dataplane::sides;

namespace {

static_assert(config::most_on_link + OnLinkPrefixes::most_learned <= dataplane::OnLink::capacity);

// More than the groups that there are: those left keep their place for some seconds, and a clock
// that is set leaves all at once.
// Reports are as small as every link has to take: nobody says how much all that hear them can.
MldListener make_listener(std::size_t groups) {
    constexpr std::size_t spare = 256;
    return {2 * groups + spare, ipv6_minimum_mtu,
            [] { return static_cast<std::uint32_t>(rte_rand()); }};
}

} // namespace

Neighborhood::Neighborhood(const config::Config& config, const Clock& clock,
                           dataplane::Forwarding& forwarding, GraceQueue& grace,
                           const StreamRoom& room)
    : clock_(clock), forwarding_(forwarding), grace_(grace),
      routed_(std::make_unique<const dataplane::RoutedPrefixes>()),
      listeners_{make_listener(room.streams + max_routers + 1),
                 make_listener(room.answered + room.streams + 1)},
      answers_{AnswerTable(*forwarding.targets[index(Side::internal)], grace,
                           listeners_[index(Side::internal)], clock),
               AnswerTable(*forwarding.targets[index(Side::external)], grace,
                           listeners_[index(Side::external)], clock)},
      inside_(Side::internal, forwarding, grace, 0),
      next_hops_(config.external, forwarding, grace, answers_[index(Side::internal)],
                 2 * room.next_hops),
      announcer_(forwarding), most_departed_(room.departed) {
    forwarding.routed.store(routed_.get(), std::memory_order_release);
    forwarding.proxy = config.unprotected == config::Unprotected::proxy;
    forwarding.forward_other_frames = config.other_frames == config::OtherFrames::forward;
}

Result<std::unique_ptr<Neighborhood>>
Neighborhood::create(const config::Config& config, const Clock& clock,
                     dataplane::Forwarding& forwarding, GraceQueue& grace, const StreamRoom& room) {
    auto made =
        std::unique_ptr<Neighborhood>(new Neighborhood(config, clock, forwarding, grace, room));
    if (auto added = made->add_configured(clock.monotonic_ns()); !added) {
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
    return next_hops_.add_configured(now);
}

void Neighborhood::set_routed(dataplane::RoutedPrefixes prefixes) {
    if (prefixes == *routed_) {
        return;
    }
    auto next = std::make_unique<const dataplane::RoutedPrefixes>(std::move(prefixes));
    forwarding_.routed.store(next.get(), std::memory_order_release);
    grace_.synchronize();
    routed_ = std::move(next);
}

void Neighborhood::remember(const Ipv6Address& hashed) {
    if (most_departed_ == 0) {
        return;
    }
    if (departed_.size() == most_departed_) {
        answers(Side::internal).remove(departed_.front().address);
        departed_.pop_front();
    }
    if (answers(Side::internal).add(hashed, AnswerTable::Kind::remote_hashed)) {
        departed_.push_back(
            {hashed, clock_.monotonic_ns()
                         + static_cast<std::int64_t>(departed_seconds) * nanoseconds_per_second});
    }
}

void Neighborhood::forget_departed(std::int64_t now) {
    while (!departed_.empty() && departed_.front().until <= now) {
        answers(Side::internal).remove(departed_.front().address);
        departed_.pop_front();
    }
}

bool Neighborhood::announce(const Ipv6Address& address) {
    return is_routed(address) || announcer_.add(address);
}

void Neighborhood::hear(const dataplane::NeighborEvent& event, std::int64_t now) {
    if (event.side == Side::internal) {
        inside_.hear(event, now);
    } else {
        next_hops_.hear(event, now);
    }
}

void Neighborhood::link_up(Side side, std::int64_t now) {
    listeners_[index(side)].link_up(now);
    if (side == Side::internal) {
        inside_.link_up(now);
    } else {
        announcer_.clear();
        next_hops_.link_up(now);
    }
}

void Neighborhood::advance(std::int64_t now) {
    forget_departed(now);
    // Groups first: by the time that a solicitation comes a switch lets it pass.
    for (const Side side : sides) {
        report_groups(side, now);
    }
    inside_.advance(now);
    next_hops_.advance(now);
    if (!announcer_.idle()) {
        announcer_.advance(next_hops_.known_routers(), [this](const Ipv6Address& address) {
            return answers(Side::external).contains(address);
        });
    }
}

void Neighborhood::report_groups(Side side, std::int64_t now) {
    MldListener& listener = listeners_[index(side)];
    if (const auto deadline = listener.next_deadline(); !deadline || *deadline > now) {
        return;
    }
    MldMessages messages;
    listener.advance(now, messages);
    const MacAddress& own = forwarding_.port(side).mac;
    for (const MldMessage& message : messages) {
        // One that is lost is repeated, as each is.
        send_own_frame(
            forwarding_, side,
            make_mld_packet(forwarding_.pool, Ipv6Address::link_local(own), own, message));
    }
}

} // namespace mt6d
