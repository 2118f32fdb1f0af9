// SPDX-License-Identifier: BSD-3-Clause
// Neighbour discovery as workers do it (docs/protocol.md, section 7): solicitations are answered
// here, news of neighbours goes to the neighbour cache.
#pragma once

#include "dataplane/events.hpp"
#include "dataplane/forwarding.hpp"

#include <mt6d/parse.hpp>

struct rte_mbuf;

namespace mt6d::dataplane {

// Handles a discovery message that came in by `side`. The reason says what became of it; with
// discovery_answered, `packet` is now the answer, to be sent by the same side.
Reason handle_discovery(rte_mbuf* packet, const FrameView& frame, const DiscoveryCheck& check,
                        Side side, const Forwarding& forwarding, EventQueue& events);

} // namespace mt6d::dataplane
