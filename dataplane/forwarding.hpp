// SPDX-License-Identifier: BSD-3-Clause
// What all workers share: tables and contexts that control writes and workers read, ports, and
// the rings on which packets change hands. Control owns all of it.
#pragma once

#include "dataplane/counters.hpp"
#include "dataplane/table.hpp"

#include <mt6d/stream.hpp>

#include <rte_mempool.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace mt6d::dataplane {

struct PortInfo {
    std::uint16_t id = 0; // of the DPDK port
    MacAddress mac;       // the gateway's there
    std::uint16_t mtu = 0;
};

// An address that the gateway answers solicitations for. The key is the address.
struct Target {
    bool router = false; // R in answers
    bool hashed = false; // a hashed address, of which nothing is seen inside
};

// Keys are an IPv6 header's source and destination as they lie in the packet: a packet is looked
// up without copying a byte.
inline constexpr std::uint32_t pair_key_size = 2 * sizeof(Ipv6Address);

struct Forwarding {
    std::array<PortInfo, side_count> ports;

    std::unique_ptr<Table> true_pairs;   // local, remote → StreamContext
    std::unique_ptr<Table> hashed_pairs; // remote hashed, local hashed → RouteContext
    std::array<std::unique_ptr<Table>, side_count> targets; // address → Target
    std::unique_ptr<Table> neighbors; // address of a next hop → its AdjacencyId plus one

    ActiveSalts active;
    std::span<Adjacency> adjacencies;
    rte_rcu_qsbr* grace = nullptr; // one reader for each worker, by its index

    rte_mempool* pool = nullptr; // for packets that workers make

    // Which worker sends on a port's queue: where a port has fewer queues than there are
    // workers, the others give it their packets.
    struct WorkerRings {
        rte_ring* received =
            nullptr; // packets of streams that this worker owns; mbuf->port: came in by
        rte_ring* transmit =
            nullptr; // frames to send; mbuf->port: goes out by, or one of those below
    };
    std::vector<WorkerRings> rings;

    [[nodiscard]] const PortInfo& port(Side side) const { return ports[index(side)]; }
    [[nodiscard]] Side side_of(std::uint16_t port_id) const {
        return port_id == ports[index(Side::internal)].id ? Side::internal : Side::external;
    }
};

// mbuf->port of what control gives a worker in its ring `transmit`: an inner packet to be tunnelled
// (a control packet of section 6), and a frame for the external port (a solicitation).
inline constexpr std::uint16_t inject_port = 0xffff;
inline constexpr std::uint16_t solicit_port = 0xfffe;

// Room that encapsulation needs before the frame: asserted where headers are prepended.
static_assert(RTE_PKTMBUF_HEADROOM >= clear_overhead);

} // namespace mt6d::dataplane
