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
// Whoever is on the link can advertise. So what a router says of prefixes, the MTU and timers
// counts once it has answered a solicitation, and waits until then; configured routers are believed
// at once. Strangers take what room is left: they cost no configured router, not the one in use,
// and none that answers.
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
    bool trusted = false;   // configured, or has answered since it is known
    bool is_default = true; // false: one that only says which prefixes are on-link
    RouterPreference preference = RouterPreference::medium;
    std::optional<MacAddress> link_layer{}; // as it advertised
    std::uint32_t mtu = 0;                  // likewise; 0: not said
    std::uint32_t reachable_ms = 0;         // likewise
    std::uint32_t retransmit_ms = 0;        // likewise
    std::vector<OnLinkPrefix> pending{};    // said before it was trusted
    std::int64_t heard = 0;                 // last
    std::int64_t since = 0;                 // it is known
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
    bool timers = false;
    bool solicit = false; // a router solicitation is to be sent now
    friend bool operator==(const RouterChanges&, const RouterChanges&) = default;
};

class RouterList {
public:
    static constexpr std::size_t most_learned = 16;
    // How long each router is tried while none answers: the time three solicitations take.
    static constexpr std::int64_t turn_ns = 3 * nanoseconds_per_second;
    // How long a newcomer's place is its own, so that it can answer.
    static constexpr std::int64_t answer_ns = nanoseconds_per_second / 20;
    // How long one that is no default router is known: advertisements are at most half an hour
    // apart (RFC 4861, 6.2.1).
    static constexpr std::int64_t no_default_ns = 3600 * nanoseconds_per_second;
    // What is believed of advertised timers: they must neither flood the link nor keep a dead
    // neighbour for minutes.
    static constexpr std::uint32_t min_reachable_ms = 1000;
    static constexpr std::uint32_t max_reachable_ms = 60'000;
    static constexpr std::uint32_t min_retransmit_ms = 100;
    static constexpr std::uint32_t max_retransmit_ms = 3000;

    // Nanoseconds of the monotonic clock, like every time here. `random` returns 32 uniform random
    // bits.
    RouterList(RouterListSettings settings, std::function<std::uint32_t()> random);

    // At start too: routers are solicited anew.
    void link_up(std::int64_t now);
    // Returns whose it was, if that one is among routers() now: good until the next call.
    const Router* on_advertisement(const RouterInformation& information, std::int64_t now);
    // What the neighbour cache says of a router: it has answered, or it does not. A router is
    // unknown until then.
    void set_reachable(const Ipv6Address& router, bool reachable, std::int64_t now);
    // It answers as a host (RFC 4861, 7.2.5): a learned one goes.
    void on_host_answer(const Ipv6Address& address, std::int64_t now);
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
    // As the one in use advertised last; 0: not said.
    [[nodiscard]] std::uint32_t reachable_ms() const { return reachable_ms_; }
    [[nodiscard]] std::uint32_t retransmit_ms() const { return retransmit_ms_; }

private:
    static constexpr std::int64_t never = INT64_MAX;

    Router* find_known(const Ipv6Address& address);
    Router* learn_router(const RouterInformation& information, std::int64_t now);
    bool make_room(std::int64_t now);
    void remove(const Ipv6Address& address);
    void learn_prefixes(std::span<const OnLinkPrefix> said, std::int64_t at);
    void expire(std::int64_t now);
    void review(std::int64_t now);
    void choose(std::int64_t now);
    [[nodiscard]] const Router* in_use() const;
    [[nodiscard]] const Router* best() const;
    [[nodiscard]] Ipv6Address next_in_turn() const;
    void use(const std::optional<Ipv6Address>& router);
    void measure_mtu();
    void follow_timers();

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
