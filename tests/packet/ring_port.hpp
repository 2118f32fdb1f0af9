// SPDX-License-Identifier: BSD-3-Clause
// A DPDK port whose wire is in the test's hands: rings, through the net_ring driver.
#pragma once

#include "packet_builder.hpp"

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mt6d::test {

class RingPort {
public:
    // `size`: packets that each queue holds, a power of two less one.
    RingPort(const std::string& name, std::uint16_t rx_queues, std::uint16_t tx_queues,
             unsigned size, rte_mempool* pool);
    ~RingPort();
    RingPort(const RingPort&) = delete;
    RingPort& operator=(const RingPort&) = delete;

    [[nodiscard]] std::uint16_t id() const { return id_; }

    // As if the packet came by the wire. False: no room, and the packet is freed.
    bool receive(rte_mbuf* packet, std::uint16_t queue);
    // The same for several, at once. There must be room.
    void receive_burst(const std::vector<rte_mbuf*>& packets);
    // What the gateway sent since the last call, over all queues.
    std::vector<Octets> take_sent();
    [[nodiscard]] std::size_t sent_count() const;

private:
    struct FreeRing {
        void operator()(rte_ring* ring) const;
    };
    using Ring = std::unique_ptr<rte_ring, FreeRing>;

    std::string name_;
    std::vector<Ring> rx_;
    std::vector<Ring> tx_;
    std::uint16_t id_ = 0;
};

} // namespace mt6d::test
