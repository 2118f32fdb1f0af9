// SPDX-License-Identifier: BSD-3-Clause
// What was taken out of a table but may still be in a worker's hands, until each worker has
// passed a quiescent state. Control lcore alone.
#pragma once

#include "dataplane/forwarding.hpp"

#include <mt6d/stream.hpp>

#include <rte_rcu_qsbr.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace mt6d {

class AnswerTable;
class NeighborTable;
struct EpochKeys;

// A removed key, with what its value was and what nobody may reuse before.
struct Retired {
    dataplane::Table* table = nullptr;
    std::int32_t position = -1;
    RouteContext* route = nullptr;
    RouteSlots* slots = nullptr;
    EpochKeys* keys = nullptr;
    AnswerTable* answers = nullptr; // whose host `host` is
    dataplane::Target* host = nullptr;
    std::optional<std::size_t> stream{}; // a slot: workers have no more to do with it
    NeighborTable* neighbors = nullptr;  // whose id `adjacency` is
    AdjacencyId adjacency = 0;
};

class GraceQueue {
public:
    using Release = std::function<void(const Retired&)>;

    // `release` gets each one when its grace period is over; the table's position is freed here.
    GraceQueue(rte_rcu_qsbr* grace, Release release);

    void retire(const Retired& retired) { open_.push_back(retired); }
    // Begins a grace period for what was retired since the last call, ends those that are over.
    void advance();
    // Waits until no worker can see what was written before. Milliseconds at the most: a worker
    // that sleeps is offline.
    void synchronize();
    // Precondition: no worker runs.
    void drain();

private:
    struct Batch {
        std::uint64_t token;
        std::vector<Retired> retired;
    };
    void release_all(const std::vector<Retired>& batch);

    rte_rcu_qsbr* grace_;
    Release release_;
    std::vector<Retired> open_;
    std::deque<Batch> waiting_;
};

} // namespace mt6d
