// SPDX-License-Identifier: BSD-3-Clause
// Gateways of a bench: real ones, each with a worker on its own lcore, over wires. The bench's main
// thread is the control lcore of all of them, and also hosts and network.
#pragma once

#include "control/gateway.hpp"
#include "tests/support/temporary_directory.hpp"
#include "traffic.hpp"
#include "wire.hpp"

#include <rte_mempool.h>

#include <memory>
#include <string>
#include <vector>

namespace mt6d::bench {

// `cpus`: of the main thread, the near gateway's worker and the far one's. May name one twice.
void start_eal(const char* program, const std::vector<unsigned>& cpus);

inline constexpr unsigned near_lcore = 1;
inline constexpr unsigned far_lcore = 2;

struct GatewayForm {
    StreamForm streams;
    config::Idle idle = config::Idle::sleep;
    config::Crypto crypto = config::Crypto::automatic;
};

// As the gateway sees them.
struct PortWires {
    const Wire& receives;
    const Wire& sends;
};

enum class End : std::uint8_t { near, far };

class Site {
public:
    // What it has to remember lies in a directory that goes with it.
    Site(End end, const GatewayForm& form, const Clock& clock, const PortWires& internal,
         const PortWires& external);
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    [[nodiscard]] Gateway& gateway() { return *gateway_; }
    void tick() { gateway_->control().tick(); }
    // Turns of the worker's loop so far.
    [[nodiscard]] std::uint64_t polls() const { return gateway_->worker_polls().front(); }
    // "external udp_checksum 3, …": all that was dropped but discovery and groups; empty: nothing.
    [[nodiscard]] std::string losses() const;

    static const MacAddress near_internal_mac;

private:
    std::string name_;
    mt6d::test::TemporaryDirectory directory_;
    rte_mempool* pool_; // of what the gateway makes itself
    WiredPort internal_;
    WiredPort external_;
    std::unique_ptr<Gateway> gateway_;
};

// Each packet with `beside` bytes that are the bench's own (rte_mbuf_to_priv()). Of one name the
// same one again: packets of a gateway that is gone may be under way.
rte_mempool* packet_pool(const std::string& name, unsigned packets, std::uint16_t beside);

} // namespace mt6d::bench
