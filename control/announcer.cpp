// SPDX-License-Identifier: BSD-3-Clause
#include "control/announcer.hpp"

#include "control/packets.hpp"

namespace mt6d {

using dataplane::Side;

namespace {

// What has ended while it waited costs little.
constexpr std::size_t most_seen = 1024;

} // namespace

bool Announcer::add(const Ipv6Address& address) {
    if (waiting_.size() == most_waiting) {
        return false;
    }
    waiting_.push_back(address);
    return true;
}

void Announcer::advance(const std::vector<KnownRouter>& routers,
                        const std::function<bool(const Ipv6Address&)>& wanted) {
    std::size_t left = announcements_a_tick;
    for (std::size_t seen = 0; seen < most_seen && left > 0 && !waiting_.empty(); ++seen) {
        if (wanted(waiting_.front())) {
            if (!announce(waiting_.front(), routers)) {
                return; // the workers are behind: later
            }
            --left;
        }
        waiting_.pop_front();
    }
}

bool Announcer::announce(const Ipv6Address& address, const std::vector<KnownRouter>& routers) {
    const MacAddress& own = forwarding_.port(Side::external).mac;
    bool sent = send_own_frame(forwarding_, Side::external,
                               make_announcement(forwarding_.pool, address, own));
    for (const KnownRouter& router : routers) {
        const MacAddress* const unicast = router.mac.is_zero() ? nullptr : &router.mac;
        sent = sent
               && send_own_frame(
                   forwarding_, Side::external,
                   make_solicitation(forwarding_.pool, address, own, router.address, unicast));
    }
    return sent;
}

} // namespace mt6d
