// SPDX-License-Identifier: BSD-3-Clause
// What would happen to a packet just now, by the real code: a worker's own stages, run by a worker
// object of its own over copies of what the packet can touch. Nothing is sent, and nothing that
// exists changes. What would leave sealed is shown in the clear: nothing is sealed (shadow.hpp).
//
// It runs as an errand between two bursts of the worker that owns the packet's stream: that one
// alone may read the stream's replay windows and use its keys.
#pragma once

#include "dataplane/inspection.hpp"
#include "dataplane/shadow.hpp"
#include "dataplane/worker.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace mt6d::dataplane {

class Simulation final : public Errand {
public:
    // A frame that comes in by `side`, on one of so many workers. Null: no memory, or the frame is
    // larger than a packet buffer. `forwarding` outlives it. Service threads, one at a time.
    static std::unique_ptr<Simulation> create(const Forwarding& forwarding, Side side, Bytes frame,
                                              std::uint16_t worker, std::uint16_t workers);
    ~Simulation() override;

    // --- when it is done
    // The worker whose stream it is, if that is another: ask that one.
    [[nodiscard]] std::optional<std::uint16_t> owner() const;
    // Streams by their own ids. Nothing where it has another owner.
    [[nodiscard]] std::optional<TraceRecord> record() const;
    // What would leave, in that order. Of an error that quotes a sealed packet the headers alone:
    // the rest of it would open what was sent, or tell what seals the next packets.
    struct Departure {
        Side side;
        std::vector<std::uint8_t> frame;
    };
    std::vector<Departure> take_departures();

protected:
    void run(const Forwarding& forwarding, const WorkerSettings& settings) override;

private:
    Simulation(Side side, std::uint16_t worker, std::uint16_t workers);
    bool create_parts(const Forwarding& forwarding, Bytes frame);
    bool create_rings();
    void create_worker();

    struct FreeRing {
        void operator()(rte_ring* ring) const;
    };
    using Ring = std::unique_ptr<rte_ring, FreeRing>;

    const std::uint16_t worker_index_;
    const std::uint16_t workers_;
    Forwarding forwarding_;
    Shadow shadow_;
    // The worker's own engine, which a simulation finds only when it runs. What has no key stays as
    // it is.
    class BorrowedEngine final : public CryptoEngine {
    public:
        void run(Operation operation, Cipher cipher, std::span<CryptoJob> jobs) override;
        CryptoEngine* lender = nullptr;
        bool lent = false; // some key was used
    };
    [[nodiscard]] bool shows_headers_alone() const;

    const Side side_;
    std::vector<Ring> handed_over_; // by worker
    Ring departures_;
    Ring given_; // by control: nothing
    rte_mbuf* packet_ = nullptr;
    BorrowedEngine engine_;
    std::unique_ptr<Reassembly> reassembly_;
    NamedAddresses named_;
    Trace trace_;
    Inspection inspection_;
    std::unique_ptr<Worker> worker_;
};

} // namespace mt6d::dataplane
