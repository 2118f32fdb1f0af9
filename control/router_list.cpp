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
        routers_.push_back({.address = address, .configured = true, .trusted = true});
    }
    if (!routers_.empty()) {
        current_ = best()->address;
    }
}

void RouterList::link_up(std::int64_t now) {
    if (learn_) {
        solicitor_.start(now);
    }
}

// --- what is heard -----------------------------------------------------------------------------

// RFC 4861, 6.3.4.
const Router* RouterList::on_advertisement(const RouterInformation& information, std::int64_t now) {
    if (!learn_) {
        return nullptr;
    }
    changed_at_ = now;
    Router* const router = learn_router(information, now);
    if (router != nullptr && router->trusted) {
        learn_prefixes(information.on_link(), now);
    } else if (router != nullptr) {
        router->pending.assign(information.on_link().begin(), information.on_link().end());
    }
    if (information.lifetime_s == 0 && information.prefix_count == 0) {
        remove(information.router); // nothing of it is left to follow
    }
    review(now);
    return find(information.router);
}

// The router, unless there is no room for it, or nothing to be learned from it.
Router* RouterList::learn_router(const RouterInformation& information, std::int64_t now) {
    const bool is_default = information.lifetime_s != 0;
    Router* router = find_known(information.router);
    if (router == nullptr) {
        if ((!is_default && information.prefix_count == 0) || !make_room(now)) {
            return nullptr;
        }
        router = &routers_.emplace_back(Router{.address = information.router, .since = now});
        changes_.routers = true;
    }
    router->heard = now;
    // Lifetimes up to 65535 s are taken as they are (RFC 4861, 4.2).
    if (!router->configured) {
        router->is_default = is_default;
        router->expires =
            now + (is_default ? information.lifetime_s * nanoseconds_per_second : no_default_ns);
    }
    if (is_default) {
        solicitor_.heard();
        router->preference = information.preference;
    }
    if (information.has_link_layer) {
        router->link_layer = information.link_layer;
    }
    if (information.mtu >= ipv6_minimum_mtu && information.mtu <= port_mtu_) {
        router->mtu = information.mtu;
    }
    const auto hear = [](std::uint32_t said, std::uint32_t& known, std::uint32_t least,
                         std::uint32_t most) {
        known = said == 0 ? known : std::clamp(said, least, most);
    };
    hear(information.reachable_ms, router->reachable_ms, min_reachable_ms, max_reachable_ms);
    hear(information.retransmit_ms, router->retransmit_ms, min_retransmit_ms, max_retransmit_ms);
    return router;
}

// A newcomer takes the place of a router that does not answer: the least preferred, the newest; or
// of one that has not answered yet, and had the time to: the oldest.
bool RouterList::make_room(std::int64_t now) {
    const auto learned = std::count_if(routers_.begin(), routers_.end(),
                                       [](const Router& r) { return !r.configured; });
    if (static_cast<std::size_t>(learned) < most_learned) {
        return true;
    }
    auto silent = routers_.end();
    auto untried = routers_.end();
    for (auto at = routers_.begin(); at != routers_.end(); ++at) {
        if (at->configured || at->address == current_) {
            continue;
        }
        if (at->reachability == Reachability::unreachable
            && (silent == routers_.end() || at->preference <= silent->preference)) {
            silent = at;
        } else if (at->reachability == Reachability::unknown && untried == routers_.end()
                   && at->since + answer_ns <= now) {
            untried = at;
        }
    }
    const auto victim = silent != routers_.end() ? silent : untried;
    if (victim == routers_.end()) {
        return false;
    }
    routers_.erase(victim);
    return true;
}

// A learned one.
void RouterList::remove(const Ipv6Address& address) {
    changes_.routers |= std::erase_if(routers_,
                                      [&](const Router& router) {
                                          return router.address == address && !router.configured;
                                      })
                        > 0;
}

void RouterList::learn_prefixes(std::span<const OnLinkPrefix> said, std::int64_t at) {
    for (const OnLinkPrefix& prefix : said) {
        changes_.prefixes |= prefixes_.learn(prefix, at);
    }
}

void RouterList::set_reachable(const Ipv6Address& router, bool reachable, std::int64_t now) {
    const auto news = reachable ? Reachability::reachable : Reachability::unreachable;
    Router* const known = find_known(router);
    if (known == nullptr || known->reachability == news) {
        return;
    }
    known->reachability = news;
    changed_at_ = now;
    if (reachable && !known->trusted) {
        known->trusted = true;
        learn_prefixes(known->pending, known->heard);
        known->pending.clear();
    }
    review(now);
}

void RouterList::on_host_answer(const Ipv6Address& address, std::int64_t now) {
    remove(address);
    changed_at_ = now;
    review(now);
}

// --- the one in use ----------------------------------------------------------------------------

// After any change.
void RouterList::review(std::int64_t now) {
    choose(now);
    measure_mtu();
    follow_timers();
}

void RouterList::choose(std::int64_t now) {
    const Router* const candidate = best();
    if (candidate == nullptr) {
        turn_ends_ = never;
        use(std::nullopt);
        return;
    }
    const auto defaults = std::count_if(routers_.begin(), routers_.end(),
                                        [](const Router& r) { return r.is_default; });
    if (candidate->reachability != Reachability::unreachable || defaults == 1) {
        turn_ends_ = never;
        use(candidate->address);
    } else if (turn_ends_ == never || turn_ends_ <= now || in_use() == nullptr) {
        turn_ends_ = now + turn_ns;
        use(next_in_turn());
    }
}

const Router* RouterList::in_use() const {
    const Router* const router = current_ ? find(*current_) : nullptr;
    return router != nullptr && router->is_default ? router : nullptr;
}

// Null: there is no default router.
const Router* RouterList::best() const {
    const Router* best = in_use();
    for (const Router& router : routers_) {
        if (router.is_default && (best == nullptr || rank(router) > rank(*best))) {
            best = &router;
        }
    }
    return best;
}

// Precondition: there is a default router.
Ipv6Address RouterList::next_in_turn() const {
    const auto at = std::find_if(routers_.begin(), routers_.end(),
                                 [&](const Router& r) { return r.address == current_; });
    const auto is_default = [](const Router& r) { return r.is_default; };
    const auto after = at == routers_.end() ? at : at + 1;
    const auto next = std::find_if(after, routers_.end(), is_default);
    return (next != routers_.end() ? next
                                   : std::find_if(routers_.begin(), routers_.end(), is_default))
        ->address;
}

void RouterList::use(const std::optional<Ipv6Address>& router) {
    changes_.default_router |= router != current_;
    current_ = router;
}

// --- time --------------------------------------------------------------------------------------

RouterChanges RouterList::advance(std::int64_t now) {
    expire(now);
    if (learn_ && !current_ && !solicitor_.running()) {
        solicitor_.start(now);
    }
    changes_.solicit = solicitor_.advance(now, current_.has_value());
    return std::exchange(changes_, {});
}

void RouterList::expire(std::int64_t now) {
    changes_.prefixes |= prefixes_.expire(now);
    changes_.routers |=
        std::erase_if(routers_, [now](const Router& router) { return router.expires <= now; }) > 0;
    review(now);
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

// --- what routers say of the link --------------------------------------------------------------

void RouterList::measure_mtu() {
    mtu_ = port_mtu_;
    for (const Router& router : routers_) {
        mtu_ = router.mtu == 0 || !router.trusted ? mtu_ : std::min(mtu_, router.mtu);
    }
}

void RouterList::follow_timers() {
    const Router* const router = in_use();
    const bool heeded = router != nullptr && router->trusted;
    const std::uint32_t reachable = heeded ? router->reachable_ms : 0;
    const std::uint32_t retransmit = heeded ? router->retransmit_ms : 0;
    changes_.timers |= reachable != reachable_ms_ || retransmit != retransmit_ms_;
    reachable_ms_ = reachable;
    retransmit_ms_ = retransmit;
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
