// SPDX-License-Identifier: BSD-3-Clause
// Each is told at length in docs/troubleshooting.md.
#include "control/shell/likely_cause.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace mt6d::shell {
namespace {

struct Pointer {
    Reason reason;
    std::string_view cause;
};

// What packets of a stream whose peer cannot be heard were refused for.
constexpr std::array pointers{
    Pointer{Reason::cipher_mismatch, "the peer has another cipher: make `cipher` the same"},
    Pointer{Reason::cipher_tag, "a true address differs at the two ends in its first 64 bits (a "
                                "hashed_prefix hides that), or packets are changed on the way"},
    Pointer{Reason::cipher_malformed, "the peer has another session key or cipher"},
    Pointer{Reason::udp_port, "the peer has another base_port: make it the same"},
    Pointer{Reason::route_expired, "the peer's clock is behind: synchronise both"},
    Pointer{Reason::route_early, "the peer's clock is ahead: synchronise both"},
    Pointer{Reason::replayed, "the peer's numbers went back: it lost its state and its clock is "
                              "wrong, or two gateways send with one key"},
    Pointer{Reason::epoch_ended, "the peer went back to the configured key: it lost its state"},
    Pointer{Reason::udp_checksum_zero, "the peer sends no UDP checksum: accept_zero_checksum"},
};

constexpr std::array sending{
    Pointer{Reason::route_not_ready, "no route for now: there is no next hop, or no room"},
    Pointer{Reason::next_hop_unreachable, "the next hop does not answer: is the router right, and "
                                          "does the peer compute the same addresses?"},
    Pointer{Reason::next_hop_unresolved, "the next hop has not answered yet"},
    Pointer{Reason::number_unrecorded, "numbers cannot be recorded: see the log, and the disk"},
    Pointer{Reason::number_exhausted, "too many packets for one rotation: a shorter `rotation`, or "
                                      "aes-256-gcm"},
};

template <std::size_t N>
std::string_view find(const std::array<Pointer, N>& among, std::optional<Reason> reason) {
    for (const Pointer& one : among) {
        if (reason == one.reason) {
            return one.cause;
        }
    }
    return {};
}

std::string of_clock(const StreamFacts& facts) {
    const std::int64_t quarter = std::int64_t{facts.options.rotation} * nanoseconds_per_second / 4;
    if (!facts.peer_offset || facts.peer_offset->at_least() <= quarter) {
        return {};
    }
    return fmt::format("the peer's clock is {:.1f} s {} this one: synchronise both",
                       std::abs(facts.peer_offset->seconds()),
                       facts.peer_offset->middle() > 0 ? "ahead of" : "behind");
}

// Of what was dropped lately: what was last week says nothing of today's silence.
std::string of_drops(const StreamFacts& facts) {
    if (!facts.dropped_ago || *facts.dropped_ago > silence_limit_s(facts.options)) {
        return {};
    }
    const auto cause = find(pointers, facts.last_drop[1]);
    return std::string(!cause.empty() ? cause : find(sending, facts.last_drop[0]));
}

std::string of_keys(const StreamFacts& facts) {
    if (!facts.keys || !facts.keys->last_refusal) {
        return {};
    }
    switch (*facts.keys->last_refusal) {
    case KeyRefusal::other_kind:
        return "the peer has another rekey.method: make it the same";
    case KeyRefusal::wrong_mac:
        return "the peer exchanges keys with another configured key: make key_file the same";
    case KeyRefusal::too_late:
    case KeyRefusal::too_early:
        return "key exchange is refused for its time: synchronise both clocks";
    default:
        return {};
    }
}

} // namespace

std::string likely_cause(const StreamFacts& facts, const Surroundings& surroundings) {
    if (facts.state == StreamState::disabled) {
        return "disabled by the operator: enable stream " + facts.name;
    }
    if (surroundings.stopped) {
        return "forwarding is stopped by the operator: start";
    }
    if (std::string clock = of_clock(facts); !clock.empty()) {
        return clock;
    }
    if (facts.state == StreamState::up || facts.state == StreamState::idle) {
        return of_keys(facts);
    }
    if (std::string cause = of_drops(facts); !cause.empty()) {
        return cause;
    }
    if (!facts.sent_ago) {
        return {}; // nobody has asked anything of it
    }
    return surroundings.unprotected_outside > 0
               ? "the two ends compute different addresses: key, true addresses, MACs, rotation, "
                 "hash and hashed prefixes must be the same, and the clocks right"
               : "nothing arrives from the peer: is it up, and does the path let UDP pass?";
}

} // namespace mt6d::shell
