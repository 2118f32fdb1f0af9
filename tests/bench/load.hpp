// SPDX-License-Identifier: BSD-3-Clause
// Hosts that send at a rate into a wire, and those that take what comes out of another: on one
// thread, so that both look at one clock.
#pragma once

#include "traffic.hpp"
#include "wire.hpp"

#include <rte_mempool.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace mt6d::bench {

class Load {
public:
    struct Tally {
        std::uint64_t sent = 0;    // were due
        std::uint64_t refused = 0; // of these, since the wire was full: lost at the port
        std::uint64_t received = 0;
        double seconds = 0; // in which they were sent
        // Cycles from the wire to the wire; where asked for.
        std::vector<std::uint32_t> delays;

        [[nodiscard]] std::uint64_t lost() const { return sent - received; }
        [[nodiscard]] double rate() const { return static_cast<double>(sent) / seconds; }
    };

    // One stream's packet after the other's, as `frames` stand. `between` is called in each turn of
    // the loop, and has to return soon.
    Load(std::vector<Frame> frames, const Wire& into, const Wire& out_of,
         std::function<void()> between);

    // So many packets a second for so long; then waits until nothing more comes.
    Tally run(double packets_per_second, double seconds, bool with_delays = false);
    // As many packets a second as pass when the wire is always full.
    double saturate(double seconds);

private:
    void send(std::size_t count, Tally& tally);
    std::size_t receive(Tally& tally, bool with_delays);
    void drain(Tally& tally, bool with_delays);

    std::vector<Frame> frames_;
    const Wire& into_;
    const Wire& out_of_;
    std::function<void()> between_;
    rte_mempool* pool_;
    std::size_t next_ = 0; // of the frames
};

// The highest rate without loss, to `precision` of it. Tries last `seconds`.
double highest_rate(Load& load, double seconds, double precision = 0.05);

} // namespace mt6d::bench
