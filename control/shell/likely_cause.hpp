// SPDX-License-Identifier: BSD-3-Clause
// Why a stream carries nothing, most likely: which setting differs between its two ends
// (docs/protocol.md, section 11), by what can be seen at this one. Pure.
#pragma once

#include "control/stream_facts.hpp"

#include <cstdint>
#include <string>

namespace mt6d::shell {

// Of the whole gateway, in the last second or two: packets from outside that are no stream's. An
// end that computes other addresses sends such.
struct Surroundings {
    std::uint64_t unprotected_outside = 0;
    bool stopped = false; // nothing is forwarded, by the operator's order
};

// A sentence with what to do; empty: nothing is wrong, or nothing is known.
std::string likely_cause(const StreamFacts& facts, const Surroundings& surroundings);

} // namespace mt6d::shell
