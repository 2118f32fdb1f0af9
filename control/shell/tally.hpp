// SPDX-License-Identifier: BSD-3-Clause
// Counters as an operator sees them: what was added since they were cleared, and how fast they
// grow. Clearing is a matter of the shell alone: workers, statistics and metrics count on, but for
// the list of streams' drops, which the shell alone shows. Any thread.
#pragma once

#include "control/shell/stop_signal.hpp"
#include "control/statistics.hpp"
#include "control/stream_id.hpp"

#include <mt6d/stream.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace mt6d::shell {

// Of one stream.
struct StreamCounts {
    std::uint64_t encapsulated_packets = 0;
    std::uint64_t encapsulated_bytes = 0;
    std::uint64_t decapsulated_packets = 0;
    std::uint64_t decapsulated_bytes = 0;
    std::uint64_t dropped_packets = 0;
    std::uint64_t control_packets_sent = 0;
    std::uint64_t control_packets_heard = 0;
};

StreamCounts counts_of(const StreamCounters& counters);

std::uint64_t packets_of(const Statistics& statistics, const dataplane::StreamDrop& drop);

// By name.
using DeviceStatistics = std::map<std::string, std::uint64_t>;

class Tally {
public:
    explicit Tally(std::function<Statistics()> source);
    ~Tally();
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;

    // A moment, and one a second or two before it.
    struct Window {
        Statistics now;
        Statistics before;
        [[nodiscard]] double seconds() const;
    };
    // As they are counted, whatever was cleared.
    [[nodiscard]] Window window() const;

    // Of these, what was added since they were cleared.
    [[nodiscard]] std::array<PortStatistics, dataplane::side_count>
    ports(const Statistics& now) const;
    [[nodiscard]] std::vector<WorkerStatistics> workers(const Statistics& now) const;
    [[nodiscard]] double worker_seconds(const Statistics& now) const; // since then
    [[nodiscard]] std::uint64_t dropped(const Statistics& now, dataplane::Side side,
                                        std::size_t reason) const;
    [[nodiscard]] StreamCounts stream(StreamId stream, const StreamCounts& now) const;
    [[nodiscard]] DeviceStatistics device(dataplane::Side side, DeviceStatistics now) const;

    void clear_ports(const std::array<DeviceStatistics, dataplane::side_count>& devices);
    void clear_workers();
    void clear_drops();
    void clear_streams(std::unordered_map<StreamId, StreamCounts> now);

private:
    void sample();

    const std::function<Statistics()> source_;
    const Statistics start_;
    mutable std::mutex mutex_; // of all below
    Statistics last_;          // of the last second
    Statistics one_before_;
    Statistics ports_; // when these were cleared
    Statistics workers_;
    Statistics drops_;
    std::unordered_map<StreamId, StreamCounts> streams_; // of those that were there then
    std::array<DeviceStatistics, dataplane::side_count> devices_;
    StopSignal stop_;
    std::thread sampler_;
};

} // namespace mt6d::shell
