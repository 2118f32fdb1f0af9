// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/tally.hpp"

#include <poll.h>

#include <array>
#include <utility>

namespace mt6d::shell {
namespace {

constexpr int sample_ms = 1000;

double seconds_between(const Statistics& from, const Statistics& to) {
    return to.cycles <= from.cycles ? 0
                                    : static_cast<double>(to.cycles - from.cycles)
                                          / static_cast<double>(to.cycles_per_second);
}

// A moment before others cleared the counters has less than there was then.
std::uint64_t since(std::uint64_t now, std::uint64_t cleared) {
    return now > cleared ? now - cleared : 0;
}

void take_off(std::uint64_t& now, std::uint64_t cleared) {
    now = since(now, cleared);
}

} // namespace

StreamCounts counts_of(const StreamCounters& counters) {
    return {counters.encapsulated_packets.value(), counters.encapsulated_bytes.value(),
            counters.decapsulated_packets.value(), counters.decapsulated_bytes.value(),
            counters.dropped_packets.value(),      counters.control_packets_sent.value(),
            counters.control_packets_heard.value()};
}

std::uint64_t packets_of(const Statistics& statistics, const dataplane::StreamDrop& drop) {
    std::uint64_t packets = 0;
    for (const StreamDropStatistics& one : statistics.stream_drops) {
        packets += one.drop == drop ? one.packets : 0; // of each worker
    }
    return packets;
}

double Tally::Window::seconds() const {
    return seconds_between(before, now);
}

Tally::Tally(std::function<Statistics()> source)
    : source_(std::move(source)), start_(source_()), last_(start_), one_before_(start_),
      sampler_([this] { sample(); }) {
    workers_.cycles = start_.cycles;
}

Tally::~Tally() {
    stop_.raise();
    sampler_.join();
}

void Tally::sample() {
    pollfd stop{stop_.descriptor(), POLLIN, 0};
    while (poll(&stop, 1, sample_ms) <= 0) {
        Statistics now = source_();
        const std::lock_guard lock(mutex_);
        one_before_ = std::exchange(last_, std::move(now));
    }
}

Tally::Window Tally::window() const {
    Statistics now = source_();
    const std::lock_guard lock(mutex_);
    return {std::move(now), one_before_};
}

// --- since they were cleared ------------------------------------------------------------------

std::array<PortStatistics, dataplane::side_count> Tally::ports(const Statistics& now) const {
    const std::lock_guard lock(mutex_);
    auto ports = now.ports;
    for (std::size_t i = 0; i < ports.size(); ++i) {
        PortStatistics& port = ports[i];
        const PortStatistics& cleared = ports_.ports[i];
        take_off(port.rx_packets, cleared.rx_packets);
        take_off(port.rx_bytes, cleared.rx_bytes);
        take_off(port.tx_packets, cleared.tx_packets);
        take_off(port.tx_bytes, cleared.tx_bytes);
        take_off(port.proxied_packets, cleared.proxied_packets);
        take_off(port.other_frames, cleared.other_frames);
        take_off(port.tagged_frames, cleared.tagged_frames);
        take_off(port.missed, cleared.missed);
        take_off(port.rx_errors, cleared.rx_errors);
        take_off(port.tx_errors, cleared.tx_errors);
    }
    return ports;
}

std::vector<WorkerStatistics> Tally::workers(const Statistics& now) const {
    const std::lock_guard lock(mutex_);
    auto workers = now.workers;
    for (std::size_t i = 0; i < workers_.workers.size(); ++i) {
        WorkerStatistics& worker = workers[i];
        const WorkerStatistics& cleared = workers_.workers[i];
        take_off(worker.rx_packets, cleared.rx_packets);
        take_off(worker.tx_packets, cleared.tx_packets);
        take_off(worker.handed_over, cleared.handed_over);
        take_off(worker.originated, cleared.originated);
        take_off(worker.busy_cycles, cleared.busy_cycles);
        take_off(worker.polls, cleared.polls);
        for (std::size_t size = 0; size < worker.bursts.size(); ++size) {
            take_off(worker.bursts[size], cleared.bursts[size]);
        }
    }
    return workers;
}

double Tally::worker_seconds(const Statistics& now) const {
    const std::lock_guard lock(mutex_);
    return seconds_between(workers_, now);
}

std::uint64_t Tally::dropped(const Statistics& now, dataplane::Side side,
                             std::size_t reason) const {
    const std::lock_guard lock(mutex_);
    return since(now.ports[index(side)].reasons[reason], drops_.ports[index(side)].reasons[reason]);
}

StreamCounts Tally::stream(StreamId stream, const StreamCounts& now) const {
    const std::lock_guard lock(mutex_);
    const auto found = streams_.find(stream);
    if (found == streams_.end()) {
        return now;
    }
    const StreamCounts& cleared = found->second;
    return {since(now.encapsulated_packets, cleared.encapsulated_packets),
            since(now.encapsulated_bytes, cleared.encapsulated_bytes),
            since(now.decapsulated_packets, cleared.decapsulated_packets),
            since(now.decapsulated_bytes, cleared.decapsulated_bytes),
            since(now.dropped_packets, cleared.dropped_packets),
            since(now.control_packets_sent, cleared.control_packets_sent),
            since(now.control_packets_heard, cleared.control_packets_heard)};
}

DeviceStatistics Tally::device(dataplane::Side side, DeviceStatistics now) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, value] : devices_[index(side)]) {
        const auto found = now.find(name);
        if (found != now.end()) {
            take_off(found->second, value);
        }
    }
    return now;
}

void Tally::clear_ports(const std::array<DeviceStatistics, dataplane::side_count>& devices) {
    Statistics now = source_();
    const std::lock_guard lock(mutex_);
    ports_ = std::move(now);
    devices_ = devices;
}

void Tally::clear_workers() {
    Statistics now = source_();
    const std::lock_guard lock(mutex_);
    workers_ = std::move(now);
}

void Tally::clear_drops() {
    Statistics now = source_();
    const std::lock_guard lock(mutex_);
    drops_ = std::move(now);
}

void Tally::clear_streams(std::unordered_map<StreamId, StreamCounts> now) {
    const std::lock_guard lock(mutex_);
    streams_ = std::move(now);
}

} // namespace mt6d::shell
