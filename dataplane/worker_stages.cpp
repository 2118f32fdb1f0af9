// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with a burst: classify, then into the tunnel or out of it.
#include "dataplane/neighbor.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/worker.hpp"

namespace mt6d::dataplane {

void Worker::process(Side side, std::span<rte_mbuf*> packets) {
    Burst burst;
    classify(packets, forwarding_.port(side), burst);
    for (std::uint32_t i = 0; i < burst.refused_count; ++i) {
        refuse_frame(side, burst.refused[i]);
    }
    handle_discovery_burst(side, burst);
    if (burst.candidate_count == 0) {
        return;
    }
    std::array<void*, Burst::size> values;
    const Table& table =
        side == Side::internal ? *forwarding_.true_pairs : *forwarding_.hashed_pairs;
    const std::uint64_t hits =
        table.find_bulk(burst.keys.data(), burst.candidate_count, values.data());
    if (side == Side::internal) {
        encapsulate_burst(burst, values, hits);
    } else {
        decapsulate_burst(burst, values, hits);
    }
}

// Frames that are none of IPv6, if they are let pass, go on as they are (section 10).
void Worker::refuse_frame(Side side, const Burst::Refused& refused) {
    const bool tagged = refused.reason == Reason::vlan_tagged;
    if (!forwarding_.forward_other_frames || (!tagged && refused.reason != Reason::not_ipv6)) {
        drop(side, refused.packet, refused.reason);
        return;
    }
    constexpr std::size_t tags = 8; // two at the most: what ports allow for beside their MTU
    const std::size_t headers = sizeof(EthernetHeader) + (tagged ? tags : 0);
    if (refused.packet->pkt_len > headers + forwarding_.port(other(side)).mtu) {
        drop(side, refused.packet, Reason::proxy_too_big);
        return;
    }
    PortCounters& counters = counters_.ports[index(side)];
    (tagged ? counters.tagged_frames : counters.other_frames).add();
    transmit(other(side), refused.packet);
}

void Worker::handle_discovery_burst(Side side, const Burst& burst) {
    for (std::uint32_t i = 0; i < burst.discovery_count; ++i) {
        const auto& [candidate, check] = burst.discovery[i];
        const DiscoveryVerdict verdict =
            handle_discovery(candidate.packet, candidate.frame, check, side, forwarding_, events_);
        switch (verdict.fate) {
        case DiscoveryVerdict::Fate::answer:
            counters_.originated.add();
            count(side, Reason::discovery_answered);
            transmit(side, candidate.packet);
            break;
        case DiscoveryVerdict::Fate::pass:
            counters_.ports[index(side)].proxied_packets.add();
            if (candidate.frame.ipv6->destination.is_multicast()) {
                transmit(other(side), candidate.packet);
            } else {
                proxy_to_neighbor(other(side), candidate.packet, candidate.frame.ipv6->destination);
            }
            break;
        case DiscoveryVerdict::Fate::end:
            drop(side, candidate.packet, verdict.reason);
            break;
        }
    }
}

} // namespace mt6d::dataplane
