// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery as workers do it (docs/protocol.md, section 7): solicitations are answered
// here, news of neighbours goes to the neighbour caches, and what is about unprotected addresses
// goes on to the other side (section 10).
#pragma once

#include "dataplane/events.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/parse.hpp>

struct rte_mbuf;

namespace mt6d::dataplane {

// What becomes of a discovery message.
struct DiscoveryVerdict {
    enum class Fate : std::uint8_t {
        end,    // nowhere: `reason` says why
        answer, // it is the answer now, to be sent by the side that it came from
        pass,   // it is ready for the other side, but for where its Ethernet header sends it
    };
    Fate fate = Fate::end;
    Reason reason = Reason::discovery_answered;

    constexpr DiscoveryVerdict(Reason why) : reason(why) {} // NOLINT(google-explicit-constructor)
    constexpr DiscoveryVerdict(Fate what) : fate(what) {}   // NOLINT(google-explicit-constructor)
};

// Handles a message that came in by `side`.
DiscoveryVerdict handle_discovery(rte_mbuf* packet, const FrameView& frame,
                                  const DiscoveryCheck& check, Side side,
                                  const Forwarding& forwarding, Events& events);

} // namespace mt6d::dataplane
