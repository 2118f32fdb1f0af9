// SPDX-License-Identifier: BSD-3-Clause
// What a gateway takes from DPDK: tables, rings, grace periods, the memory of fragments.
#include "control/gateway.hpp"

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include <openssl/rand.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mt6d {
namespace {

using dataplane::Side;
using dataplane::sides;

constexpr unsigned ring_size = 1024;
constexpr std::size_t smallest_table = 64;

// A table twice the size that it needs: removed keys stay for a grace period.
std::unique_ptr<dataplane::Table> make_table(const std::string& name, std::uint32_t key_size,
                                             std::size_t entries) {
    const std::size_t size = std::max(smallest_table, 2 * entries);
    return dataplane::Table::create(name.c_str(), key_size, static_cast<std::uint32_t>(size),
                                    SOCKET_ID_ANY);
}

} // namespace

void Gateway::FreeMemory::operator()(void* memory) const {
    rte_free(memory);
}

// What is still in it was given to a worker that never ran.
void Gateway::FreeRing::operator()(rte_ring* ring) const {
    void* packet = nullptr;
    while (rte_ring_dequeue(ring, &packet) == 0) {
        rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
    }
    rte_ring_free(ring);
}

Result<> Gateway::create_tables() {
    const std::size_t streams = room_.streams;
    const std::size_t routes = room_.routes;
    constexpr std::size_t own_addresses = 1 + max_routers; // link-local, routers
    constexpr std::uint32_t pair = dataplane::pair_key_size;
    constexpr std::uint32_t single = sizeof(Ipv6Address);
    const auto make = [this](const char* what, std::uint32_t key_size, std::size_t entries) {
        return make_table(parts_.name + "_" + what, key_size, entries);
    };
    auto& targets = forwarding_.targets;
    forwarding_.true_pairs = make("true_pairs", pair, streams);
    forwarding_.hashed_pairs = make("hashed_pairs", pair, routes);
    // Of the peers' hashed addresses those that hosts could come to see.
    targets[index(Side::internal)] =
        make("answers_in", single, room_.hidden + streams + own_addresses + room_.departed);
    targets[index(Side::external)] =
        make("answers_out", single, room_.answered + streams + own_addresses);
    auto& neighbors = forwarding_.neighbors;
    neighbors[index(Side::internal)] = make("neighbors_in", single, NeighborTable::stranger_ids);
    neighbors[index(Side::external)] = make("neighbors_out", single,
                                            2 * room_.next_hops + config_.external.neighbors.size()
                                                + max_routers + NeighborTable::stranger_ids);
    if (forwarding_.true_pairs == nullptr || forwarding_.hashed_pairs == nullptr
        || targets[0] == nullptr || targets[1] == nullptr || neighbors[0] == nullptr
        || neighbors[1] == nullptr) {
        return Error{"tables for " + std::to_string(streams) + " streams: "
                     + rte_strerror(rte_errno) + "; raise `memory` in " + config_.file};
    }
    return {};
}

Result<> Gateway::create_rings() {
    for (std::size_t i = 0; i < parts_.worker_lcores.size(); ++i) {
        auto bell = std::make_unique<dataplane::Doorbell>();
        if (config_.idle == config::Idle::interrupt && !bell->open()) {
            return Error{std::string("a worker's doorbell: ") + std::strerror(errno)};
        }
        dataplane::Forwarding::WorkerRings rings{{nullptr, bell.get()}, {nullptr, bell.get()}};
        doorbells_.push_back(std::move(bell));
        const std::string suffix = std::to_string(i);
        rings.received.packets = rte_ring_create((parts_.name + "_received_" + suffix).c_str(),
                                                 ring_size, SOCKET_ID_ANY, RING_F_SC_DEQ);
        rings_.emplace_back(rings.received.packets);
        rings.transmit.packets = rte_ring_create((parts_.name + "_transmit_" + suffix).c_str(),
                                                 ring_size, SOCKET_ID_ANY, RING_F_SC_DEQ);
        rings_.emplace_back(rings.transmit.packets);
        if (rings.received.packets == nullptr || rings.transmit.packets == nullptr) {
            return Error{"rings of worker " + suffix + ": " + rte_strerror(rte_errno)
                         + "; raise `memory` in " + config_.file};
        }
        forwarding_.rings.push_back(rings);
    }
    return {};
}

Result<> Gateway::create_grace() {
    const auto readers = static_cast<std::uint32_t>(parts_.worker_lcores.size());
    void* memory = rte_zmalloc_socket("mt6d_grace", rte_rcu_qsbr_get_memsize(readers),
                                      RTE_CACHE_LINE_SIZE, SOCKET_ID_ANY);
    grace_memory_.reset(static_cast<rte_rcu_qsbr*>(memory));
    if (memory == nullptr || rte_rcu_qsbr_init(grace_memory_.get(), readers) != 0) {
        return Error{"grace periods of " + std::to_string(readers)
                     + " workers: out of memory; raise `memory` in " + config_.file};
    }
    forwarding_.grace = grace_memory_.get();
    for (std::uint32_t i = 0; i < readers; ++i) {
        rte_rcu_qsbr_thread_register(forwarding_.grace, i);
    }
    return {};
}

Result<> Gateway::create_reassembly() {
    for (std::size_t i = 0; i < plan_.size(); ++i) {
        auto made = dataplane::Reassembly::create(rte_get_tsc_hz(), SOCKET_ID_ANY);
        if (made == nullptr) {
            return Error{"reassembly of worker " + std::to_string(i)
                         + ": out of memory; raise `memory` in " + config_.file};
        }
        reassemblies_.push_back(std::move(made));
    }
    identification_keys_.resize(plan_.size());
    if (RAND_bytes(reinterpret_cast<unsigned char*>(identification_keys_.data()),
                   static_cast<int>(identification_keys_.size() * sizeof(SipKey)))
        != 1) {
        return Error{"OpenSSL has no random numbers"};
    }
    return {};
}

} // namespace mt6d
