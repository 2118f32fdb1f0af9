// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/classify.hpp"

#include "dataplane/packet.hpp"

#include <rte_prefetch.h>

namespace mt6d::dataplane {
namespace {

constexpr std::size_t prefetch_ahead = 4;

void prefetch_headers(const rte_mbuf* packet) {
    rte_prefetch0(rte_pktmbuf_mtod(packet, const void*));
}

Parsed<FrameView> parse_packet(const rte_mbuf* packet, const MacAddress& own) {
    if (packet->nb_segs != 1) [[unlikely]] {
        return Reason::frame_segmented;
    }
    const auto frame = parse_frame(bytes_of(packet));
    if (frame && frame->ethernet->destination != own
        && !frame->ethernet->destination.is_multicast()) [[unlikely]] {
        return Reason::not_for_us;
    }
    return frame;
}

} // namespace

void classify(std::span<rte_mbuf*> packets, const PortInfo& port, Burst& burst) {
    for (std::size_t i = 0; i < packets.size() && i < prefetch_ahead; ++i) {
        prefetch_headers(packets[i]);
    }
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (i + prefetch_ahead < packets.size()) {
            prefetch_headers(packets[i + prefetch_ahead]);
        }
        rte_mbuf* const packet = packets[i];
        const auto frame = parse_packet(packet, port.mac);
        if (!frame) [[unlikely]] {
            burst.refused[burst.refused_count++] = {packet, frame.reason()};
            continue;
        }
        const auto check = check_discovery(frame->ipv6->next_header, frame->payload());
        if (!check) [[unlikely]] {
            burst.refused[burst.refused_count++] = {packet, check.reason()};
            continue;
        }
        if (check->discovery) [[unlikely]] {
            burst.discovery[burst.discovery_count++] = {{packet, *frame}, *check};
            continue;
        }
        // Member by member: a copy of the whole would wait for the stores that made it.
        Candidate& candidate = burst.candidates[burst.candidate_count];
        candidate.packet = packet;
        candidate.frame.ethernet = frame->ethernet;
        candidate.frame.ipv6 = frame->ipv6;
        candidate.frame.payload_length = frame->payload_length;
        burst.keys[burst.candidate_count++] = &frame->ipv6->source;
    }
}

} // namespace mt6d::dataplane
