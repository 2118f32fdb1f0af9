// SPDX-License-Identifier: BSD-3-Clause
// Workers: how busy they are, and what a packet costs them.
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

constexpr std::array<std::string_view, dataplane::burst_size_classes> burst_sizes{
    "1", "2-3", "4-7", "8-15", "16-31", "32-63", "64"};

// Of what a clock counts in cycles.
double share(std::uint64_t busy_cycles, std::uint64_t cycles) {
    return cycles == 0 ? 0 : static_cast<double>(busy_cycles) / static_cast<double>(cycles);
}

struct Work {
    WorkerStatistics counted; // since it was cleared
    double busy = 0;          // share of that time
    double busy_now = 0;      // share of the last second or two
    double cycles_a_packet = 0;
    double packets_a_second = 0; // now
};

Work work_of(const Tally& tally, const Tally::Window& window, std::size_t i) {
    Work work;
    work.counted = tally.workers(window.now)[i];
    const WorkerStatistics& now = window.now.workers[i];
    const WorkerStatistics& before = window.before.workers[i];
    const auto hertz = static_cast<double>(window.now.cycles_per_second);
    work.busy = share(work.counted.busy_cycles,
                      static_cast<std::uint64_t>(tally.worker_seconds(window.now) * hertz));
    work.busy_now =
        share(now.busy_cycles - before.busy_cycles, window.now.cycles - window.before.cycles);
    work.cycles_a_packet = share(work.counted.busy_cycles, work.counted.rx_packets);
    if (const double seconds = window.seconds(); seconds > 0) {
        work.packets_a_second = static_cast<double>(now.rx_packets - before.rx_packets) / seconds;
    }
    return work;
}

Json json_of(const Work& work) {
    Json bursts = Json::object();
    for (std::size_t size = 0; size < burst_sizes.size(); ++size) {
        bursts[std::string(burst_sizes[size])] = work.counted.bursts[size];
    }
    return {{"worker", work.counted.worker},
            {"lcore", work.counted.lcore},
            {"busy", work.busy},
            {"busy_now", work.busy_now},
            {"rx_packets", work.counted.rx_packets},
            {"tx_packets", work.counted.tx_packets},
            {"rx_packets_per_second", work.packets_a_second},
            {"busy_cycles_per_packet", work.cycles_a_packet},
            {"handed_over_packets", work.counted.handed_over},
            {"originated_packets", work.counted.originated},
            {"polls", work.counted.polls},
            {"bursts_by_size", bursts}};
}

Result<Reply> show_workers(const Arguments&, Environment& environment) {
    const auto window = environment.tally().window();
    Table load({{"worker", Align::right},
                {"lcore", Align::right},
                {"busy", Align::right},
                {"now", Align::right},
                {"received", Align::right},
                {"/s now", Align::right},
                {"sent", Align::right},
                {"cycles/packet", Align::right},
                {"handed over", Align::right},
                {"originated", Align::right}});
    std::vector<Table::Column> columns{{"worker", Align::right}};
    for (const std::string_view size : burst_sizes) {
        columns.push_back({std::string(size), Align::right});
    }
    Table bursts(columns);
    Reply reply{.facts = {{"workers", Json::array()}}};
    for (std::size_t i = 0; i < window.now.workers.size(); ++i) {
        const Work work = work_of(environment.tally(), window, i);
        const std::string number = std::to_string(work.counted.worker);
        load.add(
            {number, std::to_string(work.counted.lcore), fmt::format("{:.1f}%", 100 * work.busy),
             fmt::format("{:.1f}%", 100 * work.busy_now), std::to_string(work.counted.rx_packets),
             fmt::format("{:.0f}", work.packets_a_second), std::to_string(work.counted.tx_packets),
             work.counted.rx_packets == 0 ? "-" : fmt::format("{:.0f}", work.cycles_a_packet),
             std::to_string(work.counted.handed_over), std::to_string(work.counted.originated)});
        std::vector<std::string> row{number};
        for (const std::uint64_t count : work.counted.bursts) {
            row.push_back(std::to_string(count));
        }
        bursts.add(row);
        reply.facts["workers"].push_back(json_of(work));
    }
    reply.text = load.text() + "\nbursts taken from ports, by packets in them\n" + bursts.text();
    return reply;
}

constexpr std::array table{
    Command{"show workers", "How busy each worker is, what a packet costs, how bursts are filled.",
            show_workers},
};

} // namespace

std::span<const Command> worker_commands() {
    return table;
}

} // namespace mt6d::shell
