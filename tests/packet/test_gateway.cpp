// SPDX-License-Identifier: BSD-3-Clause
#include "test_gateway.hpp"

#include "reasons_seen.hpp"
#include "tests/support/becomes_true.hpp"

#include <rte_errno.h>

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <utility>

namespace mt6d::test {
namespace {

std::uint64_t sum_reasons(const Statistics& statistics) {
    std::uint64_t sum = 0;
    for (const PortStatistics& port : statistics.ports) {
        for (const std::uint64_t count : port.reasons) {
            sum += count;
        }
    }
    return sum;
}

std::uint64_t sum_reason(const Statistics& statistics, Reason reason) {
    const auto at = static_cast<std::size_t>(reason);
    return statistics.ports[0].reasons[at] + statistics.ports[1].reasons[at];
}

std::uint64_t sum_originated(const Statistics& statistics) {
    std::uint64_t sum = 0;
    for (const WorkerStatistics& worker : statistics.workers) {
        sum += worker.originated;
    }
    return sum;
}

std::uint64_t went_in(const Statistics& statistics) {
    return statistics.ports[0].rx_packets + statistics.ports[1].rx_packets
           + sum_originated(statistics);
}

std::uint64_t went_out(const Statistics& statistics) {
    return statistics.ports[0].tx_packets + statistics.ports[1].tx_packets
           + sum_reasons(statistics);
}

std::string describe(const Statistics& statistics) {
    std::string text = "originated " + std::to_string(sum_originated(statistics));
    for (const Side side : dataplane::sides) {
        const PortStatistics& port = statistics.ports[index(side)];
        text += std::string(", ") + name(side) + " rx " + std::to_string(port.rx_packets) + " tx "
                + std::to_string(port.tx_packets);
        for (std::size_t i = 0; i < reason_count; ++i) {
            if (port.reasons[i] != 0) {
                text += " " + std::string(reason_texts[i].symbol) + " "
                        + std::to_string(port.reasons[i]);
            }
        }
    }
    return text;
}

// See TestGateway::take_groundwork(). Addresses begin at 22 and 38, what follows them at 54.
bool is_groundwork(const Octets& frame) {
    constexpr std::size_t next_header = 20;
    constexpr std::size_t payload = 54;
    if (frame.size() <= payload + 8 || read(frame, 12, 2) != 0x86dd) {
        return false;
    }
    if (frame[next_header] == protocol::hop_by_hop) {
        const std::uint8_t type = frame[payload + 8];
        return frame[payload] == protocol::icmpv6 && type >= 131 && (type <= 132 || type == 143)
               && read(frame, 22, 2) == 0xfe80;
    }
    if (frame[next_header] != protocol::icmpv6) {
        return false;
    }
    switch (frame[payload]) {
    case 133:
        return true;
    case 135: // about a router, from a global address
        return read(frame, 22, 2) != 0xfe80 && read(frame, payload + 8, 2) == 0xfe80;
    case 136:
        return slice(frame, 38, 16) == octets(all_routers);
    default:
        return false;
    }
}

std::vector<Octets> take(std::vector<Octets>& from) {
    return std::exchange(from, {});
}

} // namespace

const MacAddress TestGateway::internal_mac = mac("02:00:00:00:01:01");
const MacAddress TestGateway::external_mac = mac("02:00:00:00:01:02");

rte_mempool* common_pool() {
    static rte_mempool* const pool = [] {
        rte_mempool* const made = rte_pktmbuf_pool_create(
            "common", 16383, 32, 0, RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
        return made != nullptr ? made : throw std::runtime_error(rte_strerror(rte_errno));
    }();
    return pool;
}

std::string reason_name(Side side, Reason reason) {
    return std::string(name(side)) + " " + std::string(text(reason).symbol);
}

TestGateway::TestGateway(config::Config config, const FakeClock& clock, const Shape& shape)
    : pool_(shape.pool != nullptr ? shape.pool : common_pool()),
      buffers_before_(rte_mempool_in_use_count(pool_)) {
    GatewayParts parts;
    parts.pool = pool_;
    parts.transmit_patience = shape.patience;
    parts.crypto = shape.crypto;
    for (unsigned i = 0; i < shape.workers; ++i) {
        parts.worker_lcores.push_back(1 + i);
    }
    for (const Side side : dataplane::sides) {
        const std::size_t at = index(side);
        ports_[at] = std::make_unique<RingPort>(name(side), shape.queues.rx, shape.queues.tx,
                                                shape.ring[at], pool_);
        parts.ports[at] = {ports_[at]->id(), side == Side::internal ? internal_mac : external_mac,
                           shape.mtu[at]};
        parts.queues[at] = shape.queues;
    }
    auto created = Gateway::create(std::move(config), clock, parts);
    if (!created) {
        throw std::runtime_error(created.error().message);
    }
    gateway_ = *std::move(created);
}

void TestGateway::start() {
    const auto started = gateway_->start();
    ASSERT_TRUE(started) << started.error().message;
    control_was_active_ = true;
}

rte_mbuf* TestGateway::make(const Octets& frame) const {
    rte_mbuf* const packet = rte_pktmbuf_alloc(pool_);
    if (packet == nullptr) {
        throw std::runtime_error("the test has no packet buffers left");
    }
    char* const at = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
    if (at == nullptr) {
        rte_pktmbuf_free(packet);
        throw std::runtime_error("frame larger than a packet buffer");
    }
    std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(at));
    return packet;
}

void TestGateway::receive(Side side, const Octets& frame, std::uint16_t queue) {
    receive(side, make(frame), queue);
}

void TestGateway::receive(Side side, rte_mbuf* packet, std::uint16_t queue) {
    if (!port(side).receive(packet, queue)) {
        throw std::runtime_error("the ring of the test's port is full");
    }
    ++received_[index(side)];
}

void TestGateway::receive_burst(Side side, const std::vector<Octets>& frames) {
    std::vector<rte_mbuf*> packets;
    for (const Octets& frame : frames) {
        packets.push_back(make(frame));
    }
    port(side).receive_burst(packets);
    received_[index(side)] += packets.size();
}

// A packet is counted when it comes in before it is counted when it goes: what went, read first,
// can equal what came only if nothing is inside.
bool TestGateway::settled(std::uint64_t inside) const {
    const std::uint64_t out = went_out(statistics());
    const Statistics later = statistics();
    return later.ports[0].rx_packets == received_[0] && later.ports[1].rx_packets == received_[1]
           && went_in(later) == out + inside;
}

void TestGateway::sort_sent(Side side) {
    for (Octets& frame : port(side).take_sent()) {
        auto& to = is_groundwork(frame) ? groundwork_ : sent_;
        to[index(side)].push_back(std::move(frame));
    }
}

std::vector<Octets> TestGateway::take_sent(Side side) {
    sort_sent(side);
    return take(sent_[index(side)]);
}

std::vector<Octets> TestGateway::take_groundwork(Side side) {
    sort_sent(side);
    return take(groundwork_[index(side)]);
}

Result<> TestGateway::change_streams(StreamChange change, const std::function<void()>& meanwhile) {
    streams_went_ |= !change.removed.empty() || !change.replaced.empty();
    auto changed =
        std::async(std::launch::async, [&] { return gateway_->change_streams(std::move(change)); });
    while (changed.wait_for(std::chrono::microseconds(50)) != std::future_status::ready) {
        meanwhile();
        tick();
    }
    return changed.get();
}

void TestGateway::tick() {
    gateway_->control().tick();
    control_was_active_ = true;
}

// Until each worker has come to all that control gave it.
void TestGateway::await_polls() {
    const Statistics before = statistics();
    const auto has_polled = [&] {
        const Statistics now = statistics();
        for (std::size_t i = 0; i < now.workers.size(); ++i) {
            if (now.workers[i].polls < before.workers[i].polls + 2) {
                return false;
            }
        }
        return true;
    };
    EXPECT_TRUE(becomes_true(has_polled)) << "a worker does not poll";
}

void TestGateway::settle(std::uint64_t inside) {
    if (control_was_active_) {
        await_polls(); // it may give to one that relays to another
        await_polls();
        control_was_active_ = false;
    }
    EXPECT_TRUE(becomes_true([&] { return settled(inside); }))
        << "received " << received_[0] << " inside, " << received_[1]
        << " outside; counted: " << describe(statistics());
    if (inside > 0) {
        await_polls(); // counted as received before the worker has dealt with it: that is over now
    }
}

void TestGateway::await_sent(Side side, std::size_t count) {
    EXPECT_TRUE(becomes_true([&] { return port(side).sent_count() >= count; }))
        << count << " frames awaited at the " << name(side)
        << " port; counted: " << describe(statistics());
}

ReasonCounts TestGateway::take_reasons() {
    const Statistics now = statistics();
    ReasonCounts counts;
    for (const Side side : dataplane::sides) {
        const std::size_t at = index(side);
        for (std::size_t i = 0; i < reason_count; ++i) {
            if (const auto more = now.ports[at].reasons[i] - reasons_before_[at][i]; more != 0) {
                counts[reason_name(side, static_cast<Reason>(i))] = more;
            }
        }
        reasons_before_[at] = now.ports[at].reasons;
    }
    return counts;
}

void TestGateway::finish() {
    if (gateway_ == nullptr) {
        return;
    }
    gateway_->stop();
    account();
    gateway_.reset();
    for (auto& port : ports_) {
        port.reset();
    }
    EXPECT_EQ(rte_mempool_in_use_count(pool_), buffers_before_) << "packet buffers were lost";
}

void TestGateway::account() const {
    const Statistics end = statistics();
    EXPECT_EQ(went_in(end), went_out(end)) << describe(end);
    account_streams(end);
    for (std::size_t i = 0; i < reason_count; ++i) {
        if (sum_reason(end, static_cast<Reason>(i)) != 0) {
            reasons_seen().insert(static_cast<Reason>(i));
        }
    }
}

// What streams count as carried left by a port, unless it was lost after that.
void TestGateway::account_streams(const Statistics& end) const {
    if (sum_reason(end, Reason::stopping) != 0 || streams_went_) {
        return; // some of those were counted by a stream before, others not
    }
    std::uint64_t carried = sum_originated(end);
    for (const PortStatistics& port : end.ports) {
        carried += port.proxied_packets + port.other_frames + port.tagged_frames;
    }
    const StreamTable& streams = gateway_->streams();
    for (std::size_t i = 0; i < streams.end(); ++i) {
        carried += streams.counters(i).encapsulated_packets.value()
                   + streams.counters(i).decapsulated_packets.value();
    }
    const std::uint64_t left =
        end.ports[0].tx_packets + end.ports[1].tx_packets + sum_reason(end, Reason::transmit_full);
    // One that waited for its next hop in vain was carried, one that found none was not; nor was
    // one of a host's that found no number, but the gateway's own count before they need one, and
    // before they are dropped since forwarding is stopped.
    std::uint64_t waited = 0;
    for (const Reason reason :
         {Reason::next_hop_unreachable, Reason::next_hop_unresolved, Reason::neighbor_unknown,
          Reason::number_unrecorded, Reason::forwarding_stopped}) {
        waited += sum_reason(end, reason);
    }
    EXPECT_GE(carried, left) << describe(end);
    EXPECT_LE(carried, left + waited) << describe(end);
}

} // namespace mt6d::test
