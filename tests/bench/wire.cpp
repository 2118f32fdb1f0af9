// SPDX-License-Identifier: BSD-3-Clause
#include "wire.hpp"

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <stdexcept>
#include <utility>

namespace mt6d::bench {
namespace {

void must(int code, const std::string& what) {
    if (code != 0) {
        throw std::runtime_error(what + ": " + rte_strerror(-code));
    }
}

} // namespace

void Wire::discard(rte_ring* ring) {
    void* packet = nullptr;
    while (rte_ring_dequeue(ring, &packet) == 0) {
        rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
    }
}

void Wire::FreeRing::operator()(rte_ring* ring) const {
    discard(ring);
    rte_ring_free(ring);
}

Wire::Wire(const std::string& name, unsigned size)
    : ring_(rte_ring_create(name.c_str(), size, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ)) {
    if (ring_ == nullptr) {
        throw std::runtime_error(name + ": " + rte_strerror(rte_errno));
    }
}

WiredPort::WiredPort(std::string name, const Wire& receives, const Wire& sends, rte_mempool* pool)
    : name_(std::move(name)) {
    rte_ring* in = receives.ring();
    rte_ring* out = sends.ring();
    const int id = rte_eth_from_rings(name_.c_str(), &in, 1, &out, 1, 0);
    if (id < 0) {
        throw std::runtime_error(name_ + ": " + rte_strerror(rte_errno));
    }
    id_ = static_cast<std::uint16_t>(id);
    const rte_eth_conf plain{};
    must(rte_eth_dev_configure(id_, 1, 1, &plain), "configure " + name_);
    must(rte_eth_rx_queue_setup(id_, 0, 0, 0, nullptr, pool), "receive queue of " + name_);
    must(rte_eth_tx_queue_setup(id_, 0, 0, 0, nullptr), "transmit queue of " + name_);
    must(rte_eth_dev_start(id_), "start " + name_);
}

WiredPort::~WiredPort() {
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
    rte_vdev_uninit(("net_ring_" + name_).c_str());
}

} // namespace mt6d::bench
