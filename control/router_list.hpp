// SPDX-License-Identifier: BSD-3-Clause
// What the external link's routers are and say (docs/protocol.md, sections 7.4, 7.5; RFC 4861, 5.1
// and 6.3): default routers, configured and learned, the one in use among them, on-link prefixes,
// the link's MTU, and when to solicit. Pure: advertisements and news of reachability come in, what
// changed comes out of advance(). One thread (control).
//
// The one in use is the best by reachability, then configured before learned, then by preference
// (RFC 4191); equal ones change nothing. Where none answers each has its turn (RFC 4861, 6.3.6).
// Whoever calls this resolves all of routers(), or those out of use are never seen to return.
//
// A stranger's advertisements take what room is left. They cost no configured router, not the one
// in use, and none that answers solicitations.
#pragma once

#include "control/clock.hpp"
#include "control/on_link_prefixes.hpp"
#include "control/router_solicitor.hpp"

#include <mt6d/router_discovery.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace mt6d {

enum class Reachability : std::uint8_t { unreachable, unknown, reachable }; // ordered

struct Router {
    Ipv6Address address;
    bool configured = false;
    Reachability reachability = Reachability::unknown;
    RouterPreference preference = RouterPreference::medium;
    std::optional<MacAddress> link_layer{}; // as it advertised
    std::uint32_t mtu = 0;                  // likewise; 0: not said
    std::int64_t expires = INT64_MAX;
};

struct RouterListSettings {
    std::vector<Ipv6Address> routers{}; // configured: for good, the first one preferred
    std::vector<Ipv6Prefix> on_link{};  // likewise
    std::uint32_t port_mtu = 1500;
    bool learn = true; // false: what is advertised changes nothing, nobody is solicited
};

struct RouterChanges {
    bool default_router = false;
    bool routers = false; // one came or went
    bool prefixes = false;
    bool mtu = false;
    bool timers = false;
    bool solicit = false; // a router solicitation is to be sent now
    friend bool operator==(const RouterChanges&, const RouterChanges&) = default;
};

class RouterList {
public:
    static constexpr std::size_t most_learned = 16;
    // How long each router is tried while none answers: the time three solicitations take.
    static constexpr std::int64_t turn_ns = 3 * nanoseconds_per_second;
    // What is believed of advertised timers (RFC 4861, 6.2.1 has the upper one; forged ones must
    // neither flood the link nor stop the discovery of neighbours).
    static constexpr std::uint32_t min_reachable_ms = 1000;
    static constexpr std::uint32_t max_reachable_ms = 3'600'000;
    static constexpr std::uint32_t min_retransmit_ms = 100;
    static constexpr std::uint32_t max_retransmit_ms = 10'000;

    // Nanoseconds of the monotonic clock, like every time here. `random` returns 32 uniform random
    // bits.
    RouterList(RouterListSettings settings, std::function<std::uint32_t()> random);

    // At start too: routers are solicited anew.
    void link_up(std::int64_t now);
    void on_advertisement(const RouterInformation& information, std::int64_t now);
    // What the neighbour cache says of a router: it has a MAC that is not known to be wrong, or it
    // does not answer. A router is unknown until then.
    void set_reachable(const Ipv6Address& router, bool reachable, std::int64_t now);
    // A host solicited routers: the gateway does, in its place, and learning or not.
    void on_host_solicitation(std::int64_t now) { solicitor_.ask_for_host(now); }

    // Does what is due, and says what changed since the last call. To be called at
    // next_deadline() or soon after it.
    RouterChanges advance(std::int64_t now);
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;

    [[nodiscard]] const std::optional<Ipv6Address>& default_router() const { return current_; }
    [[nodiscard]] std::span<const Router> routers() const { return routers_; }
    [[nodiscard]] const Router* find(const Ipv6Address& address) const;
    [[nodiscard]] const OnLinkPrefixes& on_link() const { return prefixes_; }
    // Of the link: the port's, or less where a router says so.
    [[nodiscard]] std::uint32_t mtu() const { return mtu_; }
    // As advertised last; 0: not said.
    [[nodiscard]] std::uint32_t reachable_ms() const { return reachable_ms_; }
    [[nodiscard]] std::uint32_t retransmit_ms() const { return retransmit_ms_; }

private:
    static constexpr std::int64_t never = INT64_MAX;

    Router* find_known(const Ipv6Address& address);
    Router* learn_router(const RouterInformation& information, std::int64_t now);
    bool make_room();
    void hear_timers(const RouterInformation& information);
    void expire(std::int64_t now);
    void choose(std::int64_t now);
    Ipv6Address best() const;
    Ipv6Address next_in_turn() const;
    void use(const std::optional<Ipv6Address>& router);
    void measure_mtu();

    std::uint32_t port_mtu_;
    bool learn_;
    std::vector<Router> routers_; // configured ones first, then the oldest first
    OnLinkPrefixes prefixes_;
    RouterSolicitor solicitor_;

    std::optional<Ipv6Address> current_;
    std::int64_t turn_ends_ = never; // of the one in use, while none answers
    std::uint32_t mtu_;
    std::uint32_t reachable_ms_ = 0;
    std::uint32_t retransmit_ms_ = 0;

    RouterChanges changes_; // since the last advance()
    std::int64_t changed_at_ = 0;
};

} // namespace mt6d
