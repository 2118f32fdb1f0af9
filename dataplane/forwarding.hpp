// SPDX-License-Identifier: BSD-3-Clause
// What all workers share: tables and contexts that control writes and workers read, ports, and
// the rings on which packets change hands. Control owns all of it.
#pragma once

#include "dataplane/counters.hpp"
#include "dataplane/on_link.hpp"
#include "dataplane/table.hpp"
#include "dataplane/worker_ring.hpp"

#include <mt6d/prefix_set.hpp>
#include <mt6d/stream.hpp>

#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace mt6d::dataplane {

struct Inspection;

struct PortInfo {
    std::uint16_t id = 0; // of the DPDK port
    MacAddress mac;       // the gateway's there
    std::uint16_t mtu = 0;
};

// An address that the gateway knows on one side (docs/protocol.md, section 7). The key is the
// address. All but hosts of the other gateway are answered for there.
struct Target {
    enum class Kind : std::uint8_t {
        own,           // the gateway's link-local address, or a hashed one of a host behind it
        router,        // inside: R in answers
        local_host,    // outside: a true address
        remote_host,   // inside: a true address
        remote_hashed, // inside: never answered for, nor spoken of; those of the past too
    };
    Kind kind = Kind::own;
    MacAddress host; // of a local host
};

// Keys are an IPv6 header's source and destination as they lie in the packet: a packet is looked
// up without copying a byte.
struct AddressPair {
    Ipv6Address source;
    Ipv6Address destination;
};
// /64s of hashed addresses (docs/protocol.md, section 4), where nobody has another: routers know
// the way, and no link asks for an address in them.
struct RoutedPrefixes {
    PrefixSet here;   // what the network's routers send to this gateway
    PrefixSet beyond; // of remote hosts

    friend bool operator==(const RoutedPrefixes&, const RoutedPrefixes&) = default;
};

inline constexpr std::uint32_t pair_key_size = 2 * sizeof(Ipv6Address);
static_assert(sizeof(AddressPair) == pair_key_size);

// The pair of what answers this packet.
inline AddressPair turned(const Ipv6Header& ipv6) {
    return {ipv6.destination, ipv6.source};
}

struct Forwarding {
    std::array<PortInfo, side_count> ports;

    std::unique_ptr<Table> true_pairs;   // local, remote → StreamContext
    std::unique_ptr<Table> hashed_pairs; // remote hashed, local hashed → RouteContext
    std::array<std::unique_ptr<Table>, side_count> targets; // address → Target
    // Address of a next hop → its AdjacencyId plus one.
    std::array<std::unique_ptr<Table>, side_count> neighbors;

    std::span<StreamCounters> counters; // of streams, by id: set before workers run
    std::span<StreamEpochs> epochs;     // likewise; empty where no stream exchanges keys
    std::span<PeerClock> peer_clocks;   // likewise; empty where no stream authenticates packets

    ActiveSalts active;
    std::array<std::span<Adjacency>, side_count> adjacencies; // each its side's
    AdjacencyId router = 0;                      // outside: whoever is the default router just now
    std::atomic<const OnLink*> on_link{nullptr}; // set before workers run; of the external link
    std::atomic<const RoutedPrefixes*> routed{nullptr}; // control
    // What routers' advertisements tell hosts of packets' size (section 7.5): control.
    std::atomic<std::uint32_t> host_mtu{ipv6_minimum_mtu};
    std::atomic<bool> stopped{false};  // nothing is forwarded just now: control
    bool proxy = false;                // unprotected traffic goes from side to side
    bool forward_other_frames = false; // those that are not IPv6, or are VLAN-tagged
    rte_rcu_qsbr* grace = nullptr;     // one reader for each worker, by its index
    // What service threads want to see (dataplane/inspection.hpp); null: nothing.
    std::atomic<const Inspection*> inspection{nullptr};

    rte_mempool* pool = nullptr; // for packets that workers make

    // Which worker sends on a port's queue: where a port has fewer queues than there are
    // workers, the others give it their packets.
    struct WorkerRings {
        WorkerRing received; // packets of streams that this worker owns; mbuf->port: came in by
        WorkerRing transmit; // frames to send; mbuf->port: goes out by, or one of those below
    };
    std::vector<WorkerRings> rings;
    // Any thread, after it changed something that a worker is to see at once.
    void wake_workers() const {
        for (const WorkerRings& worker : rings) {
            worker.transmit.ring_bell();
        }
    }

    [[nodiscard]] const Target* target(Side side, const Ipv6Address& address) const {
        return static_cast<const Target*>(targets[index(side)]->find(&address));
    }
    [[nodiscard]] bool is_routed(const Ipv6Address& address) const {
        return routed.load(std::memory_order_acquire)->here.contains(address);
    }
    [[nodiscard]] bool is_routed_beyond(const Ipv6Address& address) const {
        return routed.load(std::memory_order_acquire)->beyond.contains(address);
    }
    // Whether a packet from outside to this address is for the gateway itself, if for nobody's
    // route.
    [[nodiscard]] bool is_own_outside(const Ipv6Address& address) const {
        const Target* const known = target(Side::external, address);
        return known != nullptr ? known->kind == Target::Kind::own : is_routed(address);
    }
    [[nodiscard]] bool is_remote_hashed(const Ipv6Address& address) const {
        const Target* const known = target(Side::internal, address);
        return known != nullptr ? known->kind == Target::Kind::remote_hashed
                                : is_routed_beyond(address);
    }
    // Whether hosts are never to hear of it (section 8.3).
    [[nodiscard]] bool is_hidden(const Ipv6Address& address) const {
        return is_own_outside(address) || is_remote_hashed(address);
    }
    [[nodiscard]] std::optional<AdjacencyId> neighbor(Side side, const Ipv6Address& address) const {
        const auto id_plus_one =
            reinterpret_cast<std::uintptr_t>(neighbors[index(side)]->find(&address));
        return id_plus_one == 0 ? std::nullopt
                                : std::optional(static_cast<AdjacencyId>(id_plus_one - 1));
    }
    [[nodiscard]] Adjacency& adjacency(Side side, AdjacencyId id) const {
        return adjacencies[index(side)][id];
    }
    [[nodiscard]] const PortInfo& port(Side side) const { return ports[index(side)]; }
    [[nodiscard]] Side side_of(std::uint16_t port_id) const {
        return port_id == ports[index(Side::internal)].id ? Side::internal : Side::external;
    }
};

// mbuf->port of what control gives a worker in its ring `transmit`: an inner packet to be tunnelled
// (a control packet of section 6), or a frame of the gateway's own for one of the ports.
inline constexpr std::uint16_t inject_port = 0xffff;
inline constexpr std::array<std::uint16_t, side_count> own_frame_port{0xfffe, 0xfffd};
// A control packet for the routes of one epoch (dataplane/key_option.hpp).
inline constexpr std::uint16_t exchange_port = 0xfffc;

// Room that encapsulation needs before the frame: asserted where headers are prepended.
static_assert(RTE_PKTMBUF_HEADROOM >= clear_overhead);

} // namespace mt6d::dataplane
