// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/metric_families.hpp"

#include "control/metrics/metric.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mt6d::metrics {
namespace {

using Labels = std::vector<prometheus::ClientMetric::Label>;

class Families {
public:
    Families() {
        for (std::size_t i = 0; i < metric_texts.size(); ++i) {
            const MetricText& text = metric_texts[i];
            families_[i].name = text.name;
            families_[i].help = text.sentence;
            families_[i].type = text.type == Type::counter ? prometheus::MetricType::Counter
                                                           : prometheus::MetricType::Gauge;
        }
    }

    void add(Metric metric, Labels labels, double value) {
        prometheus::MetricFamily& family = families_[static_cast<std::size_t>(metric)];
        prometheus::ClientMetric series;
        series.label = std::move(labels);
        if (family.type == prometheus::MetricType::Counter) {
            series.counter.value = value;
        } else {
            series.gauge.value = value;
        }
        family.metric.push_back(std::move(series));
    }
    void add(Metric metric, Labels labels, std::uint64_t value) {
        add(metric, std::move(labels), static_cast<double>(value));
    }

    std::vector<prometheus::MetricFamily> take() {
        std::vector<prometheus::MetricFamily> filled;
        for (prometheus::MetricFamily& family : families_) {
            if (!family.metric.empty()) {
                filled.push_back(std::move(family));
            }
        }
        return filled;
    }

private:
    std::array<prometheus::MetricFamily, metric_texts.size()> families_;
};

void add_process(Families& to, const Snapshot& snapshot) {
    to.add(Metric::build_info,
           {{"version", MT6D_VERSION}, {"dpdk", snapshot.dpdk}, {"name", snapshot.statistics.name}},
           1.0);
    to.add(Metric::start_time_seconds, {}, snapshot.start_time);
    to.add(Metric::rotations_total, {}, snapshot.statistics.rotations);
    to.add(Metric::mbufs_in_use, {}, std::uint64_t{snapshot.statistics.mbufs_in_use});
    to.add(Metric::mbufs_capacity, {}, std::uint64_t{snapshot.mbufs});
    to.add(Metric::events_lost_total, {}, snapshot.events_lost);
}

void add_port(Families& to, const std::string& name, const PortStatistics& port) {
    const Labels labels{{"port", name}};
    to.add(Metric::port_received_packets_total, labels, port.rx_packets);
    to.add(Metric::port_received_bytes_total, labels, port.rx_bytes);
    to.add(Metric::port_sent_packets_total, labels, port.tx_packets);
    to.add(Metric::port_sent_bytes_total, labels, port.tx_bytes);
    to.add(Metric::port_proxied_packets_total, labels, port.proxied_packets);
    to.add(Metric::port_other_frames_total, labels, port.other_frames);
    to.add(Metric::port_tagged_frames_total, labels, port.tagged_frames);
    to.add(Metric::port_missed_packets_total, labels, port.missed);
    to.add(Metric::port_receive_errors_total, labels, port.rx_errors);
    to.add(Metric::port_send_errors_total, labels, port.tx_errors);
    // Those that never happened too: a rate begins at a series' first value.
    for (std::size_t reason = 0; reason < reason_count; ++reason) {
        const ReasonText& text = reason_texts[reason];
        to.add(text.kind == ReasonKind::drop ? Metric::drops_total : Metric::consumed_total,
               {{"port", name}, {"reason", std::string(text.symbol)}}, port.reasons[reason]);
    }
}

void add_worker(Families& to, const WorkerStatistics& worker, std::uint64_t cycles_per_second) {
    const Labels labels{{"worker", std::to_string(worker.worker)}};
    to.add(Metric::worker_busy_seconds_total, labels,
           static_cast<double>(worker.busy_cycles) / static_cast<double>(cycles_per_second));
    to.add(Metric::worker_polls_total, labels, worker.polls);
    to.add(Metric::worker_received_packets_total, labels, worker.rx_packets);
    to.add(Metric::worker_sent_packets_total, labels, worker.tx_packets);
    to.add(Metric::worker_handed_over_packets_total, labels, worker.handed_over);
    to.add(Metric::worker_originated_packets_total, labels, worker.originated);
}

// What can be added up.
void add_counts(Families& to, const std::string& name, const StreamStatistics& stream) {
    const Labels labels{{"stream", name}};
    to.add(Metric::stream_encapsulated_packets_total, labels, stream.encapsulated_packets);
    to.add(Metric::stream_encapsulated_bytes_total, labels, stream.encapsulated_bytes);
    to.add(Metric::stream_decapsulated_packets_total, labels, stream.decapsulated_packets);
    to.add(Metric::stream_decapsulated_bytes_total, labels, stream.decapsulated_bytes);
    to.add(Metric::stream_dropped_packets_total, labels, stream.dropped_packets);
    to.add(Metric::stream_control_packets_sent_total, labels, stream.control_packets_sent);
    to.add(Metric::stream_control_packets_heard_total, labels, stream.control_packets_heard);
    if (stream.keys.exchanged) {
        to.add(Metric::key_changes_total, labels, std::uint64_t{stream.keys.changes});
        to.add(Metric::key_recoveries_total, labels, std::uint64_t{stream.keys.recoveries});
        to.add(Metric::key_given_up_total, labels, std::uint64_t{stream.keys.given_up});
    }
}

void add_state(Families& to, const StreamStatistics& stream) {
    const Labels labels{{"stream", stream.name}};
    to.add(Metric::stream_path_mtu_bytes, labels, std::uint64_t{stream.path_mtu});
    to.add(Metric::stream_rotation_seconds, labels, std::uint64_t{stream.rotation});
    if (stream.keys.exchanged) {
        to.add(Metric::key_epoch, labels, std::uint64_t{stream.keys.epoch});
        to.add(Metric::key_peer_lost, labels, stream.keys.peer_lost ? 1.0 : 0.0);
    }
    if (stream.keys.next_change != 0) {
        to.add(Metric::key_next_change_timestamp_seconds, labels,
               static_cast<double>(stream.keys.next_change));
    }
    if (stream.peer_offset) {
        to.add(Metric::peer_clock_offset_seconds, labels, stream.peer_offset->seconds());
        to.add(Metric::peer_clock_resolution_seconds, labels,
               stream.peer_offset->resolution_seconds());
    }
}

void add_failures(Families& to, const Snapshot& snapshot) {
    to.add(Metric::key_failures_total, {{"reason", "given_up"}}, snapshot.given_up);
    for (std::size_t reason = 0; reason < key_refusal_count; ++reason) {
        to.add(Metric::key_failures_total,
               {{"reason", std::string(key_refusal_texts[reason].symbol)}},
               snapshot.refused[reason]);
    }
}

} // namespace

std::vector<prometheus::MetricFamily> metric_families(const Snapshot& snapshot) {
    Families families;
    add_process(families, snapshot);
    for (const dataplane::Side side : dataplane::sides) {
        add_port(families, name(side), snapshot.statistics.ports[index(side)]);
    }
    for (const WorkerStatistics& worker : snapshot.statistics.workers) {
        add_worker(families, worker, snapshot.statistics.cycles_per_second);
    }
    families.add(Metric::streams, {}, std::uint64_t{snapshot.statistics.stream_count});
    for (const StreamStatistics& stream : snapshot.streams) {
        add_counts(families, stream.name, stream);
        add_state(families, stream);
    }
    if (snapshot.statistics.stream_count > snapshot.streams.size()) {
        add_counts(families, std::string(other_streams), snapshot.others);
    }
    add_failures(families, snapshot);
    return families.take();
}

} // namespace mt6d::metrics
