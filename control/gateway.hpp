// SPDX-License-Identifier: BSD-3-Clause
// A gateway: tables, workers and the control loop, put together over two ports that are up.
#pragma once

#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/control_loop.hpp"
#include "control/crypto/backend.hpp"
#include "control/grace_queue.hpp"
#include "control/neighborhood.hpp"
#include "control/number_keeper.hpp"
#include "control/statistics.hpp"
#include "control/stream_keys.hpp"
#include "control/stream_table.hpp"
#include "control/worker_plan.hpp"
#include "dataplane/forwarding.hpp"
#include "dataplane/worker.hpp"

#include <mt6d/result.hpp>

#include <rte_mempool.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace mt6d {

// What the gateway runs on. The pool outlives it.
struct GatewayParts {
    std::array<dataplane::PortInfo, dataplane::side_count> ports;
    std::array<PortQueues, dataplane::side_count> queues;
    rte_mempool* pool = nullptr;
    std::vector<unsigned> worker_lcores; // one for each worker
    // How long a port may take no packet before what waits for it is dropped.
    std::chrono::milliseconds transmit_patience{50};
    // Who encrypts, if it is not what the configuration names. Outlives the gateway.
    CryptoBackend* crypto = nullptr;
};

class Gateway {
public:
    static Result<std::unique_ptr<Gateway>> create(config::Config config, const Clock& clock,
                                                   const GatewayParts& parts);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    // Makes the routes of this moment and sets the workers to work. Precondition: ports started.
    Result<> start();
    // Ends the workers. Packets that were still inside are counted.
    void stop();

    ControlLoop& control() { return *control_; }
    StreamTable& streams() { return *streams_; }
    [[nodiscard]] std::span<const WorkerPlan> plan() const { return plan_; }
    [[nodiscard]] std::size_t stream_count() const { return config_.streams.size(); }
    // Who encrypts; null: no stream does.
    [[nodiscard]] const CryptoBackend* crypto() const { return crypto_; }

    // Any thread. Ports' own counters are left zero.
    [[nodiscard]] Statistics statistics() const;

private:
    Gateway(config::Config config, const Clock& clock, const GatewayParts& parts);
    Result<> create_tables();
    Result<> create_rings();
    Result<> create_grace();
    Result<> create_crypto();
    Result<> create_exchanger();
    Result<> create_reassembly();
    void create_workers();
    static KeyStatistics key_statistics(const KeyStatus* status);

    struct FreeMemory {
        void operator()(void* memory) const;
    };
    struct FreeRing {
        void operator()(rte_ring* ring) const;
    };

    config::Config config_;
    const Clock& clock_;
    const GatewayParts parts_;
    std::vector<std::uint32_t> rotation_times_;
    std::size_t routes_ = 0; // that all streams hold at a time
    std::vector<WorkerPlan> plan_;

    std::unique_ptr<rte_rcu_qsbr, FreeMemory> grace_memory_;
    std::vector<std::unique_ptr<rte_ring, FreeRing>> rings_;
    dataplane::Forwarding forwarding_;
    std::unique_ptr<CryptoBackend> own_crypto_;
    CryptoBackend* crypto_ = nullptr;
    std::vector<std::unique_ptr<dataplane::CryptoEngine>> engines_;    // by worker
    std::vector<std::unique_ptr<dataplane::Reassembly>> reassemblies_; // by worker
    std::vector<SipKey> identification_keys_;                          // likewise
    std::shared_ptr<const StateDirectory> state_directory_; // null: nothing has to survive
    bool has_stored_keys_ = false;                          // in it, of whatever streams
    std::unique_ptr<StreamKeys> keys_;
    std::unique_ptr<NumberKeeper> numbers_; // before the keys it gives numbers to
    std::unique_ptr<GraceQueue> grace_;
    std::unique_ptr<Neighborhood> neighborhood_;
    std::unique_ptr<StreamTable> streams_;
    std::unique_ptr<PeerClocks> peer_clocks_;
    std::unique_ptr<KeyExchanger> exchanger_; // null: none does, nor did before
    std::vector<std::unique_ptr<dataplane::Worker>> workers_;
    std::unique_ptr<ControlLoop> control_;
    std::atomic<bool> stop_{false};
    bool running_ = false;
};

} // namespace mt6d
