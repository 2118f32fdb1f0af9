// SPDX-License-Identifier: BSD-3-Clause
// Brings a gateway's streams from one set to another while packets flow, a few steps each tick:
// first what can fail, unseen by any packet; then what cannot. So it is done as a whole, or not at
// all. Control lcore alone.
#pragma once

#include "control/config/config.hpp"
#include "control/key_exchanger.hpp"
#include "control/stream_id.hpp"

#include <mt6d/prefix_set.hpp>
#include <mt6d/result.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <semaphore>
#include <vector>

namespace mt6d {

class ControlLoop;
class Neighborhood;
class StreamTable;

// What is to change. No two of these are about one stream.
struct StreamChange {
    // A stream that takes the place of one for the same two hosts.
    struct Successor {
        StreamId before;
        config::StreamPtr stream;
    };
    std::vector<config::StreamPtr> added;
    std::vector<Successor> replaced; // begins anew
    std::vector<Successor> altered;  // goes on, by other options: StreamTable::alter()
    std::vector<StreamId> removed;
    dataplane::RoutedPrefixes routed; // routed_prefixes() of the streams that there will be

    [[nodiscard]] bool empty() const {
        return added.empty() && replaced.empty() && altered.empty() && removed.empty();
    }
};

class StreamChanges {
public:
    // A change that control is at: shared with the thread that waits for it.
    struct Order {
        StreamChange change;
        // Of control, until it is finished:
        std::vector<StreamId> added;    // in the order of the change
        std::vector<StreamId> replaced; // likewise: their successors
        std::optional<Error> error;     // nothing has changed, then
        std::binary_semaphore finished{0};
    };

    // `exchanger`: null where no stream exchanges keys.
    StreamChanges(ControlLoop& control, Neighborhood& neighborhood, StreamTable& streams,
                  KeyExchanger* exchanger)
        : control_(control), neighborhood_(neighborhood), streams_(streams), exchanger_(exchanger) {
    }

    // Precondition: not busy.
    void begin(std::shared_ptr<Order> order);
    [[nodiscard]] bool is_busy() const { return order_ != nullptr; }
    // Each tick.
    void advance();

private:
    // Each step is the work of about one stream: 30 to 60 us.
    static constexpr int steps_a_tick = 32;
    // Streams that go and are between withdrawal and end: those that are replaced carry nothing
    // meanwhile, a few milliseconds.
    static constexpr std::size_t most_going = 128;

    // What a step tells: go on, or wait until workers have passed.
    enum class Next : bool { step, wait };
    using Phase = Next (StreamChanges::*)();

    Next stage();
    Next publish();
    Next activate();
    Next alter();
    Next exchange_old_for_new();
    Next drain();
    Next undo();
    Next finish();
    Next enter(Phase phase);
    Next fail(Error error);

    [[nodiscard]] std::size_t going() const;
    [[nodiscard]] StreamId gone(std::size_t n) const;
    void bring_to_life(std::size_t slot, const std::optional<KeysLeft>& before);
    void withdraw(std::size_t n);
    void end(std::size_t n);

    ControlLoop& control_;
    Neighborhood& neighborhood_;
    StreamTable& streams_;
    KeyExchanger* exchanger_;

    std::shared_ptr<Order> order_;
    Phase phase_ = nullptr;
    std::size_t at_ = 0;              // in the phase
    std::vector<std::size_t> staged_; // slots: of those added, then of those replaced
    std::size_t withdrawn_ = 0;       // of those that go: those replaced, then those removed
    std::deque<std::optional<KeysLeft>> carried_; // of those withdrawn and not ended
};

} // namespace mt6d
