// SPDX-License-Identifier: BSD-3-Clause
#include "control/statistics.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mt6d {
namespace {

using dataplane::Side;
using dataplane::sides;

// Streams that the text shows; more of them say little.
constexpr std::size_t max_shown_streams = 8;

double seconds_between(const Statistics& now, const Statistics& previous) {
    // Not of `time`: somebody may set the wall clock.
    return previous.cycles > 0 && now.cycles > previous.cycles
               ? static_cast<double>(now.cycles - previous.cycles)
                     / static_cast<double>(now.cycles_per_second)
               : 0;
}

// Share of the time that a worker spent on packets. Before the first statistics it is unknown.
double busy(const Statistics& now, const Statistics& previous, std::size_t worker) {
    if (worker >= previous.workers.size() || now.cycles <= previous.cycles) {
        return 0;
    }
    return static_cast<double>(now.workers[worker].busy_cycles
                               - previous.workers[worker].busy_cycles)
           / static_cast<double>(now.cycles - previous.cycles);
}

std::array<std::uint64_t, reason_count> sum_reasons(const Statistics& statistics) {
    std::array<std::uint64_t, reason_count> sums{};
    for (const PortStatistics& port : statistics.ports) {
        for (std::size_t i = 0; i < reason_count; ++i) {
            sums[i] += port.reasons[i];
        }
    }
    return sums;
}

nlohmann::ordered_json reasons_json(const std::array<std::uint64_t, reason_count>& reasons,
                                    ReasonKind kind) {
    auto json = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < reason_count; ++i) {
        if (reasons[i] > 0 && reason_texts[i].kind == kind) {
            json[std::string(reason_texts[i].symbol)] = reasons[i];
        }
    }
    return json;
}

nlohmann::ordered_json port_json(const PortStatistics& port) {
    return {{"rx_packets", port.rx_packets},
            {"rx_bytes", port.rx_bytes},
            {"tx_packets", port.tx_packets},
            {"tx_bytes", port.tx_bytes},
            {"proxied_packets", port.proxied_packets},
            {"other_frames", port.other_frames},
            {"tagged_frames", port.tagged_frames},
            {"missed", port.missed},
            {"rx_errors", port.rx_errors},
            {"tx_errors", port.tx_errors},
            {"drops", reasons_json(port.reasons, ReasonKind::drop)},
            {"consumed", reasons_json(port.reasons, ReasonKind::consumed)}};
}

std::string_view name(KeyState state) {
    switch (state) {
    case KeyState::idle:
        return "idle";
    case KeyState::offering:
        return "offering";
    case KeyState::accepted:
        return "accepted";
    case KeyState::confirming:
        return "confirming";
    }
    return "unknown";
}

nlohmann::ordered_json keys_json(const KeyStatistics& keys) {
    auto refused = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < keys.refused.size(); ++i) {
        if (keys.refused[i] != 0) {
            refused[std::string(key_refusal_texts[i].symbol)] = keys.refused[i];
        }
    }
    return {{"epoch", keys.epoch},
            {"state", name(keys.state)},
            {"peer_lost", keys.peer_lost},
            {"begun", keys.begun},
            {"next_change", keys.next_change},
            {"changes", keys.changes},
            {"recoveries", keys.recoveries},
            {"given_up", keys.given_up},
            {"refused", refused}};
}

nlohmann::ordered_json stream_json(const StreamStatistics& stream) {
    nlohmann::ordered_json json{{"name", stream.name},
                                {"rotation", stream.rotation},
                                {"salt", stream.salt},
                                {"path_mtu", stream.path_mtu},
                                {"encapsulated_packets", stream.encapsulated_packets},
                                {"encapsulated_bytes", stream.encapsulated_bytes},
                                {"decapsulated_packets", stream.decapsulated_packets},
                                {"decapsulated_bytes", stream.decapsulated_bytes},
                                {"dropped_packets", stream.dropped_packets},
                                {"control_packets_sent", stream.control_packets_sent},
                                {"control_packets_heard", stream.control_packets_heard}};
    if (stream.peer_offset) {
        json["peer_clock"] = {{"ahead", stream.peer_offset->seconds()},
                              {"resolution", stream.peer_offset->resolution_seconds()}};
    }
    if (stream.keys.exchanged) {
        json["keys"] = keys_json(stream.keys);
    }
    return json;
}

nlohmann::ordered_json worker_json(const WorkerStatistics& worker, double busy) {
    return {{"worker", worker.worker},
            {"lcore", worker.lcore},
            {"rx_packets", worker.rx_packets},
            {"tx_packets", worker.tx_packets},
            {"handed_over", worker.handed_over},
            {"originated", worker.originated},
            {"polls", worker.polls},
            {"busy", busy},
            {"drops", reasons_json(worker.reasons, ReasonKind::drop)},
            {"consumed", reasons_json(worker.reasons, ReasonKind::consumed)}};
}

std::string rate(std::uint64_t now, std::uint64_t previous, double seconds) {
    return seconds > 0 ? fmt::format("{:.0f}", static_cast<double>(now - previous) / seconds)
                       : std::string("-");
}

std::string ports_text(const Statistics& now, const Statistics& previous, double seconds) {
    constexpr const char* row = "{:<10}{:>14}{:>12}{:>14}{:>12}{:>10}{:>10}\n";
    std::string text = fmt::format(row, "port", "received", "/s", "sent", "/s", "missed", "errors");
    for (const Side side : sides) {
        const PortStatistics& port = now.ports[index(side)];
        const PortStatistics& before = previous.ports[index(side)];
        text += fmt::format(row, name(side), port.rx_packets,
                            rate(port.rx_packets, before.rx_packets, seconds), port.tx_packets,
                            rate(port.tx_packets, before.tx_packets, seconds), port.missed,
                            port.rx_errors + port.tx_errors);
    }
    return text;
}

std::string workers_text(const Statistics& now, const Statistics& previous) {
    std::string text = fmt::format("{:<10}{:>14}{:>14}{:>12}{:>12}{:>10}\n", "worker", "received",
                                   "sent", "handed over", "originated", "busy");
    for (std::size_t i = 0; i < now.workers.size(); ++i) {
        const WorkerStatistics& worker = now.workers[i];
        text += fmt::format("{:<10}{:>14}{:>14}{:>12}{:>12}{:>9.1f}%\n", worker.worker,
                            worker.rx_packets, worker.tx_packets, worker.handed_over,
                            worker.originated, 100 * busy(now, previous, i));
    }
    return text;
}

std::string streams_text(const Statistics& now) {
    std::string text = fmt::format("{:<24}{:>12}{:>14}{:>14}{:>10}\n", "stream", "salt",
                                   "into tunnel", "out of tunnel", "dropped");
    const std::size_t shown = std::min(now.streams.size(), max_shown_streams);
    for (std::size_t i = 0; i < shown; ++i) {
        const StreamStatistics& stream = now.streams[i];
        text += fmt::format("{:<24}{:>12}{:>14}{:>14}{:>10}\n", stream.name, stream.salt,
                            stream.encapsulated_packets, stream.decapsulated_packets,
                            stream.dropped_packets);
    }
    if (now.stream_count > shown) {
        text += fmt::format("… and {} more\n", now.stream_count - shown);
    }
    return text;
}

std::string reasons_text(const Statistics& now, const Statistics& previous) {
    std::string text;
    for (const Side side : sides) {
        const auto& reasons = now.ports[index(side)].reasons;
        const auto& before = previous.ports[index(side)].reasons;
        for (std::size_t i = 0; i < reason_count; ++i) {
            if (reasons[i] > 0) {
                text += fmt::format("{:<10}{:<24}{:>12} {:>9}  {}\n", name(side),
                                    reason_texts[i].symbol, reasons[i],
                                    fmt::format("(+{})", reasons[i] - before[i]),
                                    reason_texts[i].sentence);
            }
        }
    }
    return text.empty() ? text : "what went nowhere\n" + text;
}

} // namespace

std::string format_text(const Statistics& now, const Statistics& previous) {
    const double seconds = seconds_between(now, previous);
    return fmt::format("--- {} · {} rotations\n", now.name, now.rotations)
           + ports_text(now, previous, seconds) + workers_text(now, previous) + streams_text(now)
           + reasons_text(now, previous);
}

std::string format_json(const Statistics& now, const Statistics& previous, const char* event) {
    nlohmann::ordered_json json{
        {"event", event}, {"time", now.time}, {"name", now.name}, {"rotations", now.rotations}};
    for (const Side side : sides) {
        json["ports"][name(side)] = port_json(now.ports[index(side)]);
    }
    json["workers"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < now.workers.size(); ++i) {
        json["workers"].push_back(worker_json(now.workers[i], busy(now, previous, i)));
    }
    json["streams"] = nlohmann::ordered_json::array();
    for (const StreamStatistics& stream : now.streams) {
        json["streams"].push_back(stream_json(stream));
    }
    json["stream_count"] = now.stream_count;
    json["drops"] = reasons_json(sum_reasons(now), ReasonKind::drop);
    json["consumed"] = reasons_json(sum_reasons(now), ReasonKind::consumed);
    json["mbufs_in_use"] = now.mbufs_in_use;
    return json.dump();
}

} // namespace mt6d
