// SPDX-License-Identifier: BSD-3-Clause
// Tells the external link where new hashed addresses are before anyone asks (docs/protocol.md,
// section 7.2): an unsolicited advertisement for routers that heed it (RFC 9131), and a
// solicitation from the address to each default router for those that do not. Control lcore alone.
#pragma once

#include "dataplane/forwarding.hpp"

#include <mt6d/address.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

namespace mt6d {

// A default router, and where it is if that is known.
struct KnownRouter {
    Ipv6Address address;
    MacAddress mac; // zero: not known
};

class Announcer {
public:
    explicit Announcer(const dataplane::Forwarding& forwarding) : forwarding_(forwarding) {}

    // False: too many wait, this one would come too late.
    bool add(const Ipv6Address& address);
    // What was said is to be said again: nothing of it needs to wait.
    void clear() { waiting_.clear(); }
    [[nodiscard]] bool idle() const { return waiting_.empty(); }
    [[nodiscard]] bool has_few() const { return waiting_.size() < announcements_a_tick; }
    // Sends some of what waits, of addresses that are still `wanted`.
    void advance(const std::vector<KnownRouter>& routers,
                 const std::function<bool(const Ipv6Address&)>& wanted);

    // Addresses announced in one advance() at the most: they share a ring with tunnel packets.
    static constexpr std::size_t announcements_a_tick = 16;
    // About a second's: what is announced was made no longer ago than that.
    static constexpr std::size_t most_waiting = 8192;

private:
    bool announce(const Ipv6Address& address, const std::vector<KnownRouter>& routers);

    const dataplane::Forwarding& forwarding_;
    std::deque<Ipv6Address> waiting_;
};

} // namespace mt6d
