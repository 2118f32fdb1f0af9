// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/transmit.hpp"

#include <rte_ethdev.h>

#include <algorithm>

namespace mt6d::dataplane {

void TransmitQueue::open(const Target& target, std::uint64_t patience, PortCounters& counters) {
    target_ = target;
    patience_ = patience;
    counters_ = &counters;
}

void TransmitQueue::refuse(rte_mbuf* packet) {
    counters_->reasons[static_cast<std::size_t>(Reason::transmit_full)].add();
    rte_pktmbuf_free(packet);
}

// Returns how many of the packets, from the first on, have left.
std::uint16_t TransmitQueue::send() {
    std::uint64_t bytes = 0;
    std::uint16_t sent = 0;
    while (sent < count_) {
        const auto wanted =
            std::min<std::uint16_t>(burst, static_cast<std::uint16_t>(count_ - sent));
        std::array<std::uint32_t, burst> lengths{};
        for (std::uint16_t i = 0; i < wanted; ++i) {
            lengths[i] = packets_[sent + i]->pkt_len;
        }
        const std::uint16_t taken =
            rte_eth_tx_burst(target_.port, target_.queue, &packets_[sent], wanted);
        for (std::uint16_t i = 0; i < taken; ++i) {
            bytes += lengths[i];
        }
        sent = static_cast<std::uint16_t>(sent + taken);
        if (taken < wanted) {
            break;
        }
    }
    counters_->tx_packets.add(sent);
    counters_->tx_bytes.add(bytes);
    return sent;
}

void TransmitQueue::flush(std::uint64_t now) {
    if (count_ == 0) {
        last_progress_ = now;
        return;
    }
    std::uint16_t gone = 0;
    if (is_relay()) {
        // The other worker counts them as sent, under this same port.
        for (std::uint16_t i = 0; i < count_; ++i) {
            packets_[i]->port = target_.port;
        }
        gone = target_.relay.give(std::span(packets_).first(count_));
    } else {
        gone = send();
    }
    if (gone > 0) {
        last_progress_ = now;
        std::copy(packets_.begin() + gone, packets_.begin() + count_, packets_.begin());
        count_ = static_cast<std::uint16_t>(count_ - gone);
    } else if (now - last_progress_ > patience_) {
        drop_all(Reason::transmit_full);
        last_progress_ = now;
    }
}

void TransmitQueue::close() {
    drop_all(Reason::stopping);
}

void TransmitQueue::drop_all(Reason reason) {
    counters_->reasons[static_cast<std::size_t>(reason)].add(count_);
    rte_pktmbuf_free_bulk(packets_.data(), count_);
    count_ = 0;
}

} // namespace mt6d::dataplane
