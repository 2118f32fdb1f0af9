// SPDX-License-Identifier: BSD-3-Clause
// A port of the gateway: a NIC by its PCI address, or a virtual device. It is made in three steps,
// since packet buffers depend on what both ports can do: plan each, make one pool, open each.
#pragma once

#include "control/config/config.hpp"
#include "control/config/device.hpp"

#include <mt6d/address.hpp>
#include <mt6d/result.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

struct rte_eth_conf;
struct rte_mempool;

namespace mt6d {

// AF_XDP's buffers are pages: packet, frame header and all that goes before them must fit into one.
inline constexpr std::uint16_t af_xdp_largest_mtu = 3438;

// What the device can do and the gateway wants of it. Nothing is set yet.
struct PortPlan {
    std::string role; // "internal" or "external"
    config::Port config;
    config::Device device;
    std::uint16_t id = 0;        // DPDK's
    int socket = -1;             // NUMA node, or SOCKET_ID_ANY
    unsigned interface = 0;      // the kernel's index of what is behind it, or 0
    std::uint16_t mtu = 0;       // of the IPv6 packet, bytes
    std::uint16_t rx_queues = 0; // at most one a worker
    std::uint16_t tx_queues = 0;
    std::uint16_t rx_descriptors = 0; // of each queue
    std::uint16_t tx_descriptors = 0;
    bool interrupts = false;     // receive queues shall tell of packets, if they can
    std::uint64_t rss_types = 0; // 0: the port does not spread packets by addresses

    [[nodiscard]] bool is(std::string_view driver) const { return device.driver == driver; }
};

// After EAL has started, which has opened the device. `workers`: how many want a queue.
Result<PortPlan> plan_port(const std::string& role, const config::Port& config,
                           std::uint16_t workers);

struct PoolDeleter {
    void operator()(rte_mempool* pool) const;
};
using PoolPtr = std::unique_ptr<rte_mempool, PoolDeleter>;

// One pool of packet buffers for all ports, each buffer large enough for any port's frame in one
// piece, and enough of them for all queues, workers, and `held` packets that wait elsewhere (in
// rings). It outlives the ports.
Result<PoolPtr> make_pool(std::span<const PortPlan> ports, std::uint16_t workers,
                          std::uint32_t held, std::uint32_t memory_mib);

// What the device itself counts, since it was opened.
struct DeviceCounters {
    std::uint64_t rx_missed = 0;    // lost before a worker could read them
    std::uint64_t rx_no_buffer = 0; // lost, or late, for want of packet buffers
    std::uint64_t rx_errors = 0;
    std::uint64_t tx_errors = 0;
};

// What else an operator may want to know of it.
struct PortDescription {
    std::string device; // as configured
    std::string driver;
    bool link_up = false;
    std::uint32_t link_speed_mbps = 0; // 0: unknown
    std::uint16_t rx_descriptors = 0;  // of each queue
    std::uint16_t tx_descriptors = 0;
    bool spreads = false; // packets over its queues, by their addresses
    int numa_node = -1;   // -1: none, or any
};

// A configured port. The control lcore alone calls what changes it. Packets sent by it are of the
// pool it was opened with, unshared (reference count 1) and in one segment: it may free them in
// bulk.
class Port {
public:
    static Result<Port> open(const PortPlan& plan, rte_mempool& pool);
    Port(Port&& other) noexcept;
    Port& operator=(Port&&) = delete;
    ~Port(); // stops and closes it

    Result<> start();
    void stop(); // packets in its queues are freed when it is closed

    [[nodiscard]] std::uint16_t id() const { return plan_.id; }
    [[nodiscard]] const std::string& role() const { return plan_.role; }
    // The gateway's own address on this link. On a net_tap device it is not that of the kernel's
    // interface: the kernel there is a host, and would not take its own address for a neighbour's.
    [[nodiscard]] const MacAddress& mac() const { return mac_; }
    [[nodiscard]] std::uint16_t mtu() const { return plan_.mtu; }
    [[nodiscard]] std::uint16_t rx_queues() const { return plan_.rx_queues; }
    [[nodiscard]] std::uint16_t tx_queues() const { return plan_.tx_queues; }
    // These ask the device. Any thread.
    [[nodiscard]] bool link_is_up() const;
    [[nodiscard]] DeviceCounters counters() const;
    [[nodiscard]] PortDescription describe() const;
    // What the device counts under names of its own.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> extended_counters() const;

private:
    explicit Port(const PortPlan& plan);
    Result<> configure(rte_mempool& pool);
    int configure_device(rte_eth_conf& settings) const;
    Result<> set_up_queues(rte_mempool& pool, std::uint64_t tx_offloads);
    Result<> choose_mac();
    void hear_all_groups();
    void warn_of_scattering() const;
    void restore_mac();

    PortPlan plan_;
    MacAddress mac_;
    std::optional<MacAddress> mac_before_; // the interface's, if it has mac_ by our doing
    bool hears_mac_ = true;    // the port passes frames for mac_ without being promiscuous
    bool promiscuous_ = false; // by our doing
    bool started_ = false;
    bool owned_ = true; // false once moved from

    // Drivers want one question at a time about counters, and a bad moment is no counter of 0.
    struct Asked {
        std::mutex mutex;
        DeviceCounters last;
    };
    std::unique_ptr<Asked> asked_ = std::make_unique<Asked>();
};

} // namespace mt6d
