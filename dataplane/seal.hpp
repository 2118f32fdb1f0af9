// SPDX-License-Identifier: BSD-3-Clause
// An inner packet becomes an encrypted tunnel packet (docs/protocol.md, section 6) in two halves:
// headers and a number before the cipher runs over the burst, the checksum after it.
#pragma once

#include "dataplane/crypto.hpp"
#include "dataplane/events.hpp"

#include <mt6d/parse.hpp>
#include <mt6d/stream.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace mt6d::dataplane {

// Takes a number to seal with; tells control where the recorded ones run low.
Parsed<std::uint64_t> take_number(SealState& seal, Cipher cipher, NumberQueue& events);

// First half: `packet` becomes the tunnel frame of `slot` but for Ethernet destination, UDP
// checksum and encryption, which `job` is about. `salt` is the one that the slot was found to have.
// On a reason the packet is as it was.
// Preconditions: packet holds that frame and nothing else; the stream's cipher is not none.
std::optional<Reason> prepare_seal(rte_mbuf* packet, const FrameView& inner,
                                   const StreamContext& stream, const RouteSlot& slot, Salt salt,
                                   const MacAddress& source, NumberQueue& events, CryptoJob& job);

// Second half, after `job` was run: the UDP checksum.
void finish_seal(const CryptoJob& job, const RouteSlot& slot);

// Jobs of one cipher that wait for the end of the burst, and what each is about.
template <class About>
struct CryptoBatch {
    std::array<CryptoJob, CryptoEngine::max_jobs> jobs;
    std::array<About, CryptoEngine::max_jobs> about;
    std::uint32_t count = 0;

    [[nodiscard]] bool full() const { return count == jobs.size(); }
    [[nodiscard]] std::span<CryptoJob> used() { return std::span(jobs).first(count); }
};

} // namespace mt6d::dataplane
