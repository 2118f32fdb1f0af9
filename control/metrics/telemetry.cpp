// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/telemetry.hpp"

#include "control/log.hpp"

#include <rte_mempool.h>
#include <rte_telemetry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::metrics {
namespace {

using dataplane::Side;
using dataplane::sides;

std::mutex mutex; // of what is served
const Appliance* served = nullptr;

void add(rte_tel_data* to, const std::string& name, std::uint64_t value) {
    rte_tel_data_add_dict_u64(to, name.c_str(), value);
}

// What stands behind the comma: a whole number below `count`.
std::optional<std::size_t> parameter(const char* text, std::size_t count) {
    const std::string_view digits = text == nullptr ? "" : text;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size() && number < count
               ? std::optional(number)
               : std::nullopt;
}

int info(const Appliance& appliance, const char*, rte_tel_data* to) {
    const Statistics statistics = appliance.statistics();
    rte_tel_data_start_dict(to);
    rte_tel_data_add_dict_string(to, "version", MT6D_VERSION);
    rte_tel_data_add_dict_string(to, "name", statistics.name.c_str());
    add(to, "rotations", statistics.rotations);
    add(to, "streams", statistics.stream_count);
    add(to, "workers", statistics.workers.size());
    add(to, "mbufs_in_use", statistics.mbufs_in_use);
    add(to, "mbufs_capacity", appliance.gateway().pool()->size);
    return 0;
}

int ports(const Appliance& appliance, const char*, rte_tel_data* to) {
    const Statistics statistics = appliance.statistics();
    rte_tel_data_start_dict(to);
    for (const Side side : sides) {
        const PortStatistics& port = statistics.ports[index(side)];
        const std::string prefix = std::string(name(side)) + "_";
        add(to, prefix + "received_packets", port.rx_packets);
        add(to, prefix + "received_bytes", port.rx_bytes);
        add(to, prefix + "sent_packets", port.tx_packets);
        add(to, prefix + "sent_bytes", port.tx_bytes);
        add(to, prefix + "proxied_packets", port.proxied_packets);
        add(to, prefix + "missed_packets", port.missed);
        add(to, prefix + "receive_errors", port.rx_errors);
        add(to, prefix + "send_errors", port.tx_errors);
    }
    return 0;
}

int workers(const Appliance& appliance, const char* text, rte_tel_data* to) {
    const Statistics statistics = appliance.statistics();
    const auto number = parameter(text, statistics.workers.size());
    if (!number) {
        return -EINVAL;
    }
    const WorkerStatistics& worker = statistics.workers[*number];
    rte_tel_data_start_dict(to);
    add(to, "worker", worker.worker);
    add(to, "lcore", worker.lcore);
    add(to, "received_packets", worker.rx_packets);
    add(to, "sent_packets", worker.tx_packets);
    add(to, "handed_over_packets", worker.handed_over);
    add(to, "originated_packets", worker.originated);
    add(to, "polls", worker.polls);
    add(to, "busy_cycles", worker.busy_cycles);
    add(to, "cycles", statistics.cycles);
    add(to, "cycles_per_second", statistics.cycles_per_second);
    return 0;
}

int drops(const Appliance& appliance, const char*, rte_tel_data* to) {
    const Statistics statistics = appliance.statistics();
    rte_tel_data_start_dict(to);
    for (const Side side : sides) {
        for (std::size_t reason = 0; reason < reason_count; ++reason) {
            const std::uint64_t count = statistics.ports[index(side)].reasons[reason];
            if (count > 0 && reason_texts[reason].kind == ReasonKind::drop) {
                add(to, std::string(name(side)) + "_" + std::string(reason_texts[reason].symbol),
                    count);
            }
        }
    }
    return 0;
}
static_assert(dataplane::side_count * reason_count <= RTE_TEL_MAX_DICT_ENTRIES);

// A stream's number stays the same as long as the stream is there.
int streams(const Appliance& appliance, const char* text, rte_tel_data* to) {
    std::vector<std::uint32_t> numbers;
    const StreamDirectoryPtr streams = appliance.gateway().directory();
    for (const StreamEntry& entry : streams->entries) {
        numbers.push_back(entry.id.slot);
    }
    std::sort(numbers.begin(), numbers.end());
    const std::size_t end = numbers.empty() ? 0 : numbers.back() + 1;
    const auto first = text == nullptr ? std::optional<std::size_t>(0) : parameter(text, end);
    if (!first) {
        return -EINVAL;
    }
    rte_tel_data_start_array(to, RTE_TEL_U64_VAL);
    for (auto at = std::lower_bound(numbers.begin(), numbers.end(), *first);
         at != numbers.end() && rte_tel_data_add_array_u64(to, *at) == 0; ++at) {
    }
    return 0;
}

std::optional<StreamStatistics> stream_of_number(const Gateway& gateway, const char* text) {
    const StreamDirectoryPtr streams = gateway.directory();
    const auto number = parameter(text, UINT32_MAX);
    const auto found =
        std::find_if(streams->entries.begin(), streams->entries.end(),
                     [&](const StreamEntry& entry) { return number == entry.id.slot; });
    return found == streams->entries.end() ? std::nullopt : gateway.stream_statistics(*found);
}

int stream(const Appliance& appliance, const char* text, rte_tel_data* to) {
    const auto found = stream_of_number(appliance.gateway(), text);
    if (!found) {
        return -EINVAL;
    }
    const StreamStatistics& stream = *found;
    rte_tel_data_start_dict(to);
    rte_tel_data_add_dict_string(to, "name", stream.name.c_str());
    add(to, "rotation_seconds", stream.rotation);
    add(to, "salt", stream.salt);
    add(to, "path_mtu_bytes", stream.path_mtu);
    add(to, "encapsulated_packets", stream.encapsulated_packets);
    add(to, "encapsulated_bytes", stream.encapsulated_bytes);
    add(to, "decapsulated_packets", stream.decapsulated_packets);
    add(to, "decapsulated_bytes", stream.decapsulated_bytes);
    add(to, "dropped_packets", stream.dropped_packets);
    add(to, "control_packets_sent", stream.control_packets_sent);
    add(to, "control_packets_heard", stream.control_packets_heard);
    if (stream.keys.exchanged) {
        add(to, "epoch", stream.keys.epoch);
        add(to, "peer_lost", stream.keys.peer_lost ? 1 : 0);
        add(to, "key_changes", stream.keys.changes);
        add(to, "key_recoveries", stream.keys.recoveries);
        add(to, "key_given_up", stream.keys.given_up);
    }
    return 0;
}

// EAL passes no context along.
template <int (*answer)(const Appliance&, const char*, rte_tel_data*)>
int answered(const char*, const char* parameters, rte_tel_data* to) {
    const std::lock_guard lock(mutex);
    return served == nullptr ? -ENODEV : answer(*served, parameters, to);
}

struct Entry {
    const char* command;
    telemetry_cb answer;
    const char* help;
};
constexpr std::array entries{
    Entry{"/mt6d/info", answered<info>, "Which gateway this is. No parameters"},
    Entry{"/mt6d/ports", answered<ports>, "Both ports' counters. No parameters"},
    Entry{"/mt6d/worker", answered<workers>, "A worker's counters. Parameter: its number"},
    Entry{"/mt6d/drops", answered<drops>, "What was dropped, by port and reason. No parameters"},
    Entry{"/mt6d/streams", answered<streams>,
          "Numbers of streams, 512 at the most. Parameter: the first one, or none"},
    Entry{"/mt6d/stream", answered<stream>, "A stream's counters. Parameter: its number"},
};

} // namespace

Telemetry::Telemetry(const Appliance& appliance) {
    {
        const std::lock_guard lock(mutex);
        served = &appliance;
    }
    static const bool registered = [] {
        bool all = true;
        for (const Entry& entry : entries) {
            all &= rte_telemetry_register_cmd(entry.command, entry.answer, entry.help) == 0;
        }
        return all;
    }();
    if (!registered) {
        log::warning("metrics", "DPDK's telemetry does not take all of /mt6d");
    }
}

Telemetry::~Telemetry() {
    const std::lock_guard lock(mutex);
    served = nullptr;
}

} // namespace mt6d::metrics
