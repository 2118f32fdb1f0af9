// SPDX-License-Identifier: BSD-3-Clause
// A cable between ports that need no NIC: one ring for each way, through the net_ring driver. The
// buffers themselves pass, so what a bench writes beside a packet comes out with it.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <cstdint>
#include <memory>
#include <string>

namespace mt6d::bench {

// One way. What is in it at the end is freed.
class Wire {
public:
    // `size`: packets that it holds, a power of two.
    Wire(const std::string& name, unsigned size);
    [[nodiscard]] rte_ring* ring() const { return ring_.get(); }
    [[nodiscard]] unsigned count() const { return rte_ring_count(ring_.get()); }
    // Frees what is in it. For who takes from it otherwise.
    void discard() const { discard(ring_.get()); }

private:
    static void discard(rte_ring* ring);
    struct FreeRing {
        void operator()(rte_ring* ring) const;
    };
    std::unique_ptr<rte_ring, FreeRing> ring_;
};

// A started DPDK port with one queue each way. Both wires outlive it.
class WiredPort {
public:
    WiredPort(std::string name, const Wire& receives, const Wire& sends, rte_mempool* pool);
    ~WiredPort();
    WiredPort(const WiredPort&) = delete;
    WiredPort& operator=(const WiredPort&) = delete;

    [[nodiscard]] std::uint16_t id() const { return id_; }

private:
    std::string name_;
    std::uint16_t id_ = 0;
};

} // namespace mt6d::bench
