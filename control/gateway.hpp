// SPDX-License-Identifier: BSD-3-Clause
// A gateway: tables, workers and the control loop, put together over two ports that are up.
#pragma once

#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/control_loop.hpp"
#include "control/crypto/backend.hpp"
#include "control/grace_queue.hpp"
#include "control/inspect/inspector.hpp"
#include "control/neighborhood.hpp"
#include "control/number_keeper.hpp"
#include "control/statistics.hpp"
#include "control/stream_directory.hpp"
#include "control/stream_keys.hpp"
#include "control/stream_room.hpp"
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
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mt6d {

// What the gateway runs on. The pool outlives it.
struct GatewayParts {
    std::array<dataplane::PortInfo, dataplane::side_count> ports;
    std::array<PortQueues, dataplane::side_count> queues;
    rte_mempool* pool = nullptr;
    std::vector<unsigned> worker_lcores; // one for each worker
    // Begins the names of its tables and rings, which are unique in the process.
    std::string name = "mt6d";
    // How long a port may take no packet before what waits for it is dropped.
    std::chrono::milliseconds transmit_patience{50};
    // Who encrypts, if it is not what the configuration names. Outlives the gateway.
    CryptoBackend* crypto = nullptr;
};

// How full one of the tables is.
struct TableUse {
    std::string name;
    std::uint64_t used = 0; // entries that were removed a moment ago count
    std::uint64_t capacity = 0;
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
    Neighborhood& neighborhood() { return *neighborhood_; }
    // Null: no stream exchanges keys.
    KeyExchanger* exchanger() { return exchanger_.get(); }
    Inspector& inspector() { return *inspector_; }
    // As it was at the start, but for its streams: those are in the directory.
    [[nodiscard]] const config::Config& config() const { return config_; }
    [[nodiscard]] std::span<const WorkerPlan> plan() const { return plan_; }

    // --- any thread but control's -------------------------------------------------------------
    // The streams of this moment.
    [[nodiscard]] StreamDirectoryPtr directory() const;
    // Adds, replaces, alters and removes streams while packets flow; returns when all of it is
    // done. An error: none of it is.
    Result<> change_streams(StreamChange change);
    // What change_streams() would refuse for want of room, or of what is fixed at the start.
    [[nodiscard]] Result<> check_change(const StreamChange& change) const;

    [[nodiscard]] const rte_mempool* pool() const { return parts_.pool; }
    // Any thread.
    [[nodiscard]] std::vector<TableUse> tables() const;
    // Who encrypts; null: no stream does.
    [[nodiscard]] const CryptoBackend* crypto() const { return crypto_; }

    // Any thread. Ports' own counters are left zero.
    [[nodiscard]] Statistics statistics() const;
    // Lets Statistics::stream_drops begin anew.
    void empty_stream_drops();
    // None: the stream has gone.
    [[nodiscard]] std::optional<StreamStatistics>
    stream_statistics(const StreamEntry& stream) const;
    // By worker: turns of its loop, which an idle one makes too. Any thread.
    [[nodiscard]] std::vector<std::uint64_t> worker_polls() const;

private:
    Gateway(config::Config config, const Clock& clock, const GatewayParts& parts);
    Result<> create_tables();
    Result<> create_rings();
    Result<> create_grace();
    Result<> create_crypto();
    Result<> create_streams();
    Result<> create_exchanger();
    Result<> create_reassembly();
    void create_workers();
    void open_interrupts();
    bool watch_ports(std::size_t worker, std::array<bool, dataplane::side_count>& lacking);
    static KeyStatistics key_statistics(const KeyStatus& status);
    void make_directory();
    void update_directory(const StreamChanges::Order& done);
    [[nodiscard]] dataplane::RoutedPrefixes
    routed_by(std::span<const config::StreamPtr> streams) const;
    [[nodiscard]] dataplane::RoutedPrefixes routed_after(const StreamChange& change) const;
    [[nodiscard]] Result<> check_macs(const config::Stream& stream) const;

    struct FreeMemory {
        void operator()(void* memory) const;
    };
    struct FreeRing {
        void operator()(rte_ring* ring) const;
    };

    config::Config config_;
    const Clock& clock_;
    const GatewayParts parts_;
    const StreamRoom room_;
    const bool exchanges_; // a stream does, at the start
    std::vector<WorkerPlan> plan_;

    std::unique_ptr<rte_rcu_qsbr, FreeMemory> grace_memory_;
    std::vector<std::unique_ptr<rte_ring, FreeRing>> rings_;
    std::vector<std::unique_ptr<dataplane::Doorbell>> doorbells_; // by worker
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
    std::unique_ptr<KeyExchanger> exchanger_;          // null: none does, nor did before
    std::vector<dataplane::InterruptWait> interrupts_; // by worker
    std::vector<std::unique_ptr<dataplane::Worker>> workers_;
    std::unique_ptr<Inspector> inspector_;
    std::unique_ptr<ControlLoop> control_;
    std::atomic<bool> stop_{false};
    bool running_ = false;
    std::mutex changing_;                // one change at a time
    mutable std::mutex directory_mutex_; // of the pointer
    StreamDirectoryPtr directory_;
};

} // namespace mt6d
