// SPDX-License-Identifier: BSD-3-Clause
// A running gateway between two ring ports: real tables, a real worker on its lcore, and a clock
// that the test moves. The test is the control lcore: it calls tick().
//
// When it ends it must have lost nothing: every packet that came in either left or is counted under
// a reason, every one that left came in or is counted as the gateway's own, the streams' counters
// add up to the ports', and every packet buffer is back in its pool.
#pragma once

#include "control/gateway.hpp"
#include "packet_builder.hpp"
#include "ring_port.hpp"
#include "support/fake_clock.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mt6d::test {

using dataplane::Side;

// Of packet buffers for all tests that do not want a special one.
rte_mempool* common_pool();

// What a gateway runs on.
struct Shape {
    std::uint16_t workers = 1;
    PortQueues queues{};                          // of each port
    std::array<std::uint16_t, 2> mtu{1500, 1500}; // internal, external
    std::array<unsigned, 2> ring{4095, 4095};     // packets that a port's queue holds each way
    rte_mempool* pool = nullptr;                  // the common one
    std::chrono::milliseconds patience{50};       // with a port that takes nothing
    CryptoBackend* crypto = nullptr;              // the one that the configuration names
};

// "external udp_checksum" → how many.
using ReasonCounts = std::map<std::string, std::uint64_t>;
std::string reason_name(Side side, Reason reason);

class TestGateway {
public:
    static const MacAddress internal_mac;
    static const MacAddress external_mac;

    TestGateway(config::Config config, const FakeClock& clock, const Shape& shape = {});
    ~TestGateway() { finish(); }
    TestGateway(const TestGateway&) = delete;
    TestGateway& operator=(const TestGateway&) = delete;

    void start();
    Gateway& gateway() { return *gateway_; }
    void tick();
    // As a service thread has it done, while the test is control. `meanwhile`: at each tick.
    Result<> change_streams(
        StreamChange change, const std::function<void()>& meanwhile = [] {});

    // A frame that comes in by a port. A packet is taken over.
    void receive(Side side, const Octets& frame, std::uint16_t queue = 0);
    void receive(Side side, rte_mbuf* packet, std::uint16_t queue = 0);
    rte_mbuf* make(const Octets& frame) const;
    // Frames that the worker sees all at once.
    void receive_burst(Side side, const std::vector<Octets>& frames);

    // Waits until each packet that came in has left or is counted, but for `inside` that wait
    // for something, and what control made is out. Fails the test if that does not happen.
    void settle(std::uint64_t inside = 0);
    [[nodiscard]] bool is_settled() const { return settled(0); }
    // Waits until so many frames wait at a port's end.
    void await_sent(Side side, std::size_t count);

    // Since the last call: all but groundwork.
    std::vector<Octets> take_sent(Side side);
    // Since the last call: what the gateway does unasked to be found, and to find routers (reports
    // of groups, announcements of addresses, router solicitations).
    std::vector<Octets> take_groundwork(Side side);
    ReasonCounts take_reasons();

    [[nodiscard]] std::uint16_t port_id(Side side) const { return ports_[index(side)]->id(); }
    [[nodiscard]] Statistics statistics() const { return gateway_->statistics(); }

    // Ends the workers and accounts for everything. Called by the destructor too.
    void finish();

private:
    RingPort& port(Side side) { return *ports_[index(side)]; }
    void await_polls();
    [[nodiscard]] bool settled(std::uint64_t inside) const;
    void account() const;
    void account_streams(const Statistics& statistics) const;

    rte_mempool* pool_;
    unsigned buffers_before_;
    std::array<std::unique_ptr<RingPort>, 2> ports_;
    std::unique_ptr<Gateway> gateway_;
    void sort_sent(Side side);

    bool control_was_active_ = false; // since the last settle()
    bool streams_went_ = false;       // and their counters with them
    std::array<std::vector<Octets>, 2> sent_;
    std::array<std::vector<Octets>, 2> groundwork_;
    std::array<std::uint64_t, 2> received_{};
    std::array<std::array<std::uint64_t, reason_count>, 2> reasons_before_{};
};

} // namespace mt6d::test
