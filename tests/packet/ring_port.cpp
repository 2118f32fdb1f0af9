// SPDX-License-Identifier: BSD-3-Clause
#include "ring_port.hpp"

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>

#include <array>
#include <stdexcept>

namespace mt6d::test {
namespace {

void must(int code, const std::string& what) {
    if (code != 0) {
        throw std::runtime_error(what + ": " + rte_strerror(-code));
    }
}

} // namespace

void RingPort::FreeRing::operator()(rte_ring* ring) const {
    std::array<void*, 32> packets{};
    while (const unsigned count =
               rte_ring_dequeue_burst(ring, packets.data(), packets.size(), nullptr)) {
        for (unsigned i = 0; i < count; ++i) {
            rte_pktmbuf_free(static_cast<rte_mbuf*>(packets[i]));
        }
    }
    rte_ring_free(ring);
}

RingPort::RingPort(const std::string& name, std::uint16_t rx_queues, std::uint16_t tx_queues,
                   unsigned size, rte_mempool* pool)
    : name_(name) {
    const auto make = [&](const char* way, std::uint16_t count) {
        std::vector<Ring> rings;
        for (std::uint16_t i = 0; i < count; ++i) {
            const std::string ring = name + way + std::to_string(i);
            rings.emplace_back(rte_ring_create(ring.c_str(), size, SOCKET_ID_ANY, RING_F_EXACT_SZ));
            if (rings.back() == nullptr) {
                throw std::runtime_error(ring + ": " + rte_strerror(rte_errno));
            }
        }
        return rings;
    };
    rx_ = make("_rx", rx_queues);
    tx_ = make("_tx", tx_queues);
    std::vector<rte_ring*> rx;
    std::vector<rte_ring*> tx;
    for (const Ring& ring : rx_) {
        rx.push_back(ring.get());
    }
    for (const Ring& ring : tx_) {
        tx.push_back(ring.get());
    }
    const int id = rte_eth_from_rings(name.c_str(), rx.data(), rx_queues, tx.data(), tx_queues, 0);
    if (id < 0) {
        throw std::runtime_error(name + ": " + rte_strerror(rte_errno));
    }
    id_ = static_cast<std::uint16_t>(id);
    const rte_eth_conf plain{};
    must(rte_eth_dev_configure(id_, rx_queues, tx_queues, &plain), "configure " + name);
    for (std::uint16_t i = 0; i < rx_queues; ++i) {
        must(rte_eth_rx_queue_setup(id_, i, 0, 0, nullptr, pool), "receive queue of " + name);
    }
    for (std::uint16_t i = 0; i < tx_queues; ++i) {
        must(rte_eth_tx_queue_setup(id_, i, 0, 0, nullptr), "transmit queue of " + name);
    }
    must(rte_eth_dev_start(id_), "start " + name);
}

RingPort::~RingPort() {
    rte_eth_dev_stop(id_);
    rte_eth_dev_close(id_);
    rte_vdev_uninit(("net_ring_" + name_).c_str());
}

bool RingPort::receive(rte_mbuf* packet, std::uint16_t queue) {
    if (rte_ring_enqueue(rx_.at(queue).get(), packet) != 0) {
        rte_pktmbuf_free(packet);
        return false;
    }
    return true;
}

void RingPort::receive_burst(const std::vector<rte_mbuf*>& packets) {
    void* const* const slots = reinterpret_cast<void* const*>(packets.data());
    const auto count = static_cast<unsigned>(packets.size());
    if (rte_ring_enqueue_bulk(rx_.front().get(), slots, count, nullptr) != count) {
        throw std::runtime_error("the ring of the test's port is full");
    }
}

std::vector<Octets> RingPort::take_sent() {
    std::vector<Octets> frames;
    for (const Ring& ring : tx_) {
        void* slot = nullptr;
        while (rte_ring_dequeue(ring.get(), &slot) == 0) {
            auto* const packet = static_cast<rte_mbuf*>(slot);
            const auto* bytes = rte_pktmbuf_mtod(packet, const std::uint8_t*);
            frames.emplace_back(bytes, bytes + packet->data_len);
            rte_pktmbuf_free(packet);
        }
    }
    return frames;
}

std::size_t RingPort::sent_count() const {
    std::size_t count = 0;
    for (const Ring& ring : tx_) {
        count += rte_ring_count(ring.get());
    }
    return count;
}

} // namespace mt6d::test
