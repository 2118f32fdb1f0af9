// SPDX-License-Identifier: BSD-3-Clause
// What Prometheus is told of a moment's counters.
#include "control/metrics/metric.hpp"
#include "control/metrics/metric_families.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace mt6d::metrics {
namespace {

using Series = prometheus::ClientMetric;

std::string text(const Series& series) {
    std::string labels;
    for (const auto& label : series.label) {
        labels += (labels.empty() ? "" : ",") + label.name + "=" + label.value;
    }
    return labels;
}

// The value of a series; none: there is no such series.
std::optional<double> value(const Snapshot& snapshot, const std::string& name,
                            const std::string& labels = "") {
    for (const auto& family : metric_families(snapshot)) {
        for (const Series& series : family.metric) {
            if (family.name == name && text(series) == labels) {
                return family.type == prometheus::MetricType::Counter ? series.counter.value
                                                                      : series.gauge.value;
            }
        }
    }
    return std::nullopt;
}

StreamStatistics stream(const std::string& name, std::uint64_t packets) {
    StreamStatistics made;
    made.name = name;
    made.encapsulated_packets = packets;
    made.keys.exchanged = true;
    return made;
}

TEST(Metrics, of_ports_and_reasons_are_told_apart_by_labels) {
    Snapshot snapshot;
    snapshot.statistics.ports[1].rx_packets = 7;
    snapshot.statistics.ports[1].reasons[static_cast<std::size_t>(Reason::replayed)] = 3;
    snapshot.statistics.ports[0].reasons[static_cast<std::size_t>(Reason::control_packet)] = 2;
    EXPECT_EQ(value(snapshot, "mt6d_port_received_packets_total", "port=external"), 7);
    EXPECT_EQ(value(snapshot, "mt6d_drops_total", "port=external,reason=replayed"), 3);
    EXPECT_EQ(value(snapshot, "mt6d_consumed_total", "port=internal,reason=control_packet"), 2);
}

TEST(Metrics, of_reasons_are_there_before_they_happen) {
    EXPECT_EQ(value({}, "mt6d_drops_total", "port=internal,reason=no_buffer"), 0);
}

TEST(Metrics, of_workers_are_in_seconds) {
    Snapshot snapshot;
    snapshot.statistics.cycles_per_second = 2000;
    snapshot.statistics.workers.resize(2);
    snapshot.statistics.workers[1].worker = 1;
    snapshot.statistics.workers[1].busy_cycles = 5000;
    EXPECT_EQ(value(snapshot, "mt6d_worker_busy_seconds_total", "worker=1"), 2.5);
}

TEST(Metrics, of_streams_without_a_series_of_their_own_are_added_up_in_one) {
    Snapshot snapshot;
    snapshot.statistics.stream_count = 3;
    snapshot.streams = {stream("alice-bob", 5)};
    snapshot.others = stream("", 11);
    const std::string name = "mt6d_stream_encapsulated_packets_total";
    EXPECT_EQ(value(snapshot, name, "stream=alice-bob"), 5);
    EXPECT_EQ(value(snapshot, name, "stream=(others)"), 11);
    EXPECT_EQ(value(snapshot, "mt6d_key_epoch", "stream=(others)"), std::nullopt);
    snapshot.statistics.stream_count = 1;
    EXPECT_EQ(value(snapshot, name, "stream=(others)"), std::nullopt);
}

TEST(Metrics, of_what_is_unknown_are_absent) {
    Snapshot snapshot;
    snapshot.streams = {stream("alice-bob", 5)};
    snapshot.streams[0].keys.exchanged = false;
    for (const char* const name : {"mt6d_key_epoch", "mt6d_key_next_change_timestamp_seconds",
                                   "mt6d_peer_clock_offset_seconds"}) {
        EXPECT_EQ(value(snapshot, name, "stream=alice-bob"), std::nullopt) << name;
    }
}

TEST(Metrics, of_keys_and_clocks_are_the_streams) {
    Snapshot snapshot;
    snapshot.streams = {stream("alice-bob", 5)};
    snapshot.streams[0].keys.epoch = 4;
    snapshot.streams[0].keys.peer_lost = true;
    snapshot.streams[0].peer_offset =
        PeerOffset{nanoseconds_per_second, 2 * nanoseconds_per_second};
    EXPECT_EQ(value(snapshot, "mt6d_key_epoch", "stream=alice-bob"), 4);
    EXPECT_EQ(value(snapshot, "mt6d_key_peer_lost", "stream=alice-bob"), 1);
    EXPECT_EQ(value(snapshot, "mt6d_peer_clock_offset_seconds", "stream=alice-bob"), 1.5);
    EXPECT_EQ(value(snapshot, "mt6d_peer_clock_resolution_seconds", "stream=alice-bob"), 1);
}

TEST(Metrics, of_key_failures_have_a_reason) {
    Snapshot snapshot;
    snapshot.given_up = 2;
    snapshot.refused[static_cast<std::size_t>(KeyRefusal::wrong_mac)] = 9;
    EXPECT_EQ(value(snapshot, "mt6d_key_failures_total", "reason=given_up"), 2);
    EXPECT_EQ(value(snapshot, "mt6d_key_failures_total", "reason=wrong_mac"), 9);
}

TEST(Metrics, have_the_labels_that_are_documented) {
    Snapshot snapshot;
    snapshot.statistics.stream_count = 2;
    snapshot.statistics.workers.resize(1);
    snapshot.streams = {stream("alice-bob", 5)};
    snapshot.streams[0].keys.next_change = 1;
    snapshot.streams[0].peer_offset = PeerOffset{};
    const auto families = metric_families(snapshot);
    ASSERT_EQ(families.size(), metric_texts.size());
    for (std::size_t i = 0; i < families.size(); ++i) {
        EXPECT_EQ(families[i].name, metric_texts[i].name);
        for (const Series& series : families[i].metric) {
            std::string labels;
            for (const auto& label : series.label) {
                labels += (labels.empty() ? "" : ", ") + label.name;
            }
            EXPECT_EQ(labels, metric_texts[i].labels) << families[i].name;
        }
    }
}

TEST(Metrics, are_no_more_than_streams_may_have) {
    Snapshot few;
    Snapshot many;
    few.statistics.stream_count = 3;
    many.statistics.stream_count = 1'000'000;
    const auto count = [](const Snapshot& snapshot) {
        std::size_t all = 0;
        for (const auto& family : metric_families(snapshot)) {
            all += family.metric.size();
        }
        return all;
    };
    EXPECT_EQ(count(few), count(many));
}

} // namespace
} // namespace mt6d::metrics
