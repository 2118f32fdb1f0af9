// SPDX-License-Identifier: BSD-3-Clause
#include "control/router_list.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mt6d {

namespace {

// By rank. The one in use wins over its equals, after it the first of them.
auto rank(const Router& router) {
    return std::tuple(router.reachability, router.configured, router.preference);
}

} // namespace

RouterList::RouterList(RouterListSettings settings, std::function<std::uint32_t()> random)
    : port_mtu_(settings.port_mtu), learn_(settings.learn), prefixes_(std::move(settings.on_link)),
      solicitor_(std::move(random)), mtu_(settings.port_mtu) {
    for (const Ipv6Address& address : settings.routers) {
        routers_.push_back({.address = address, .configured = true});
    }
    if (!routers_.empty()) {
        current_ = best();
    }
}

void RouterList::link_up(std::int64_t now) {
    if (learn_) {
        solicitor_.start(now);
    }
}

// --- what is heard -----------------------------------------------------------------------------

// RFC 4861, 6.3.4.
void RouterList::on_advertisement(const RouterInformation& information, std::int64_t now) {
    if (!learn_) {
        return;
    }
    changed_at_ = now;
    const Router* const router = learn_router(information, now);
    const bool trusted = router != nullptr
                         && (router->configured || router->reachability == Reachability::reachable);
    for (const OnLinkPrefix& said : information.on_link()) {
        changes_.prefixes |= prefixes_.learn(said, trusted, now);
    }
    hear_timers(information);
    measure_mtu();
    choose(now);
}

// The router, unless it is none or there is no room for it.
Router* RouterList::learn_router(const RouterInformation& information, std::int64_t now) {
    Router* router = find_known(information.router);
    if (information.lifetime_s == 0) {
        if (router != nullptr && !router->configured) {
            routers_.erase(routers_.begin() + (router - routers_.data()));
            changes_.routers = true;
            return nullptr;
        }
        return router;
    }
    if (router == nullptr) {
        if (!make_room()) {
            return nullptr;
        }
        routers_.push_back({.address = information.router});
        router = &routers_.back();
        changes_.routers = true;
    }
    solicitor_.heard();
    // Lifetimes up to 65535 s are taken as they are (RFC 4861, 4.2).
    if (!router->configured) {
        router->expires = now + information.lifetime_s * nanoseconds_per_second;
    }
    router->preference = information.preference;
    if (information.has_link_layer) {
        router->link_layer = information.link_layer;
    }
    if (information.mtu >= ipv6_minimum_mtu && information.mtu <= port_mtu_) {
        router->mtu = information.mtu;
    }
    return router;
}

// A newcomer takes the place of a router that does not answer: the least preferred, the newest.
bool RouterList::make_room() {
    const auto learned = std::count_if(routers_.begin(), routers_.end(),
                                       [](const Router& r) { return !r.configured; });
    if (static_cast<std::size_t>(learned) < most_learned) {
        return true;
    }
    auto victim = routers_.end();
    for (auto at = routers_.begin(); at != routers_.end(); ++at) {
        if (!at->configured && at->reachability == Reachability::unreachable
            && at->address != current_
            && (victim == routers_.end() || at->preference <= victim->preference)) {
            victim = at;
        }
    }
    if (victim == routers_.end()) {
        return false;
    }
    routers_.erase(victim);
    return true;
}

void RouterList::hear_timers(const RouterInformation& information) {
    const auto hear = [&](std::uint32_t said, std::uint32_t& known, std::uint32_t least,
                          std::uint32_t most) {
        if (said != 0 && std::clamp(said, least, most) != known) {
            known = std::clamp(said, least, most);
            changes_.timers = true;
        }
    };
    hear(information.reachable_ms, reachable_ms_, min_reachable_ms, max_reachable_ms);
    hear(information.retransmit_ms, retransmit_ms_, min_retransmit_ms, max_retransmit_ms);
}

void RouterList::set_reachable(const Ipv6Address& router, bool reachable, std::int64_t now) {
    const auto news = reachable ? Reachability::reachable : Reachability::unreachable;
    Router* const known = find_known(router);
    if (known == nullptr || known->reachability == news) {
        return;
    }
    known->reachability = news;
    changed_at_ = now;
    choose(now);
}

// --- the one in use ----------------------------------------------------------------------------

void RouterList::choose(std::int64_t now) {
    if (routers_.empty()) {
        turn_ends_ = never;
        use(std::nullopt);
        return;
    }
    const Ipv6Address candidate = best();
    if (find(candidate)->reachability != Reachability::unreachable || routers_.size() == 1) {
        turn_ends_ = never;
        use(candidate);
    } else if (turn_ends_ == never || turn_ends_ <= now || find(*current_) == nullptr) {
        turn_ends_ = now + turn_ns;
        use(next_in_turn());
    }
}

// Precondition: there is a router.
Ipv6Address RouterList::best() const {
    const Router* best = current_ ? find(*current_) : nullptr;
    for (const Router& router : routers_) {
        if (best == nullptr || rank(router) > rank(*best)) {
            best = &router;
        }
    }
    return best->address;
}

Ipv6Address RouterList::next_in_turn() const {
    const auto at = std::find_if(routers_.begin(), routers_.end(),
                                 [&](const Router& r) { return r.address == current_; });
    const bool last = at == routers_.end() || at + 1 == routers_.end();
    return last ? routers_.front().address : (at + 1)->address;
}

void RouterList::use(const std::optional<Ipv6Address>& router) {
    changes_.default_router |= router != current_;
    current_ = router;
}

// --- time --------------------------------------------------------------------------------------

RouterChanges RouterList::advance(std::int64_t now) {
    expire(now);
    if (learn_ && routers_.empty() && !solicitor_.running()) {
        solicitor_.start(now);
    }
    changes_.solicit = solicitor_.advance(now, !routers_.empty());
    return std::exchange(changes_, {});
}

void RouterList::expire(std::int64_t now) {
    changes_.prefixes |= prefixes_.expire(now);
    const auto ended =
        std::erase_if(routers_, [now](const Router& router) { return router.expires <= now; });
    if (ended > 0) {
        changes_.routers = true;
        measure_mtu();
    }
    choose(now);
}

std::optional<std::int64_t> RouterList::next_deadline() const {
    std::int64_t next = std::min({turn_ends_, prefixes_.next_deadline().value_or(never),
                                  solicitor_.next_deadline().value_or(never)});
    for (const Router& router : routers_) {
        next = std::min(next, router.expires);
    }
    if (changes_ != RouterChanges{}) {
        next = std::min(next, changed_at_);
    }
    return next == never ? std::nullopt : std::optional(next);
}

void RouterList::measure_mtu() {
    std::uint32_t mtu = port_mtu_;
    for (const Router& router : routers_) {
        mtu = router.mtu == 0 ? mtu : std::min(mtu, router.mtu);
    }
    changes_.mtu |= mtu != mtu_;
    mtu_ = mtu;
}

const Router* RouterList::find(const Ipv6Address& address) const {
    const auto found = std::find_if(routers_.begin(), routers_.end(),
                                    [&](const Router& r) { return r.address == address; });
    return found == routers_.end() ? nullptr : &*found;
}

Router* RouterList::find_known(const Ipv6Address& address) {
    return const_cast<Router*>(std::as_const(*this).find(address));
}

} // namespace mt6d
