// SPDX-License-Identifier: BSD-3-Clause
// Ports: what they are, what they count.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace mt6d::shell {
namespace {

using dataplane::Side;
using Json = nlohmann::ordered_json;

// --- info -------------------------------------------------------------------------------------

Json info_of(const Environment& environment, Side side) {
    const Port& port = environment.appliance().port(side);
    const PortDescription about = port.describe();
    return {{"device", about.device},
            {"driver", about.driver},
            {"dpdk_port", port.id()},
            {"mac", port.mac().text()},
            {"mtu_bytes", port.mtu()},
            {"link_up", about.link_up},
            {"link_speed_mbps", about.link_speed_mbps},
            {"rx_queues", port.rx_queues()},
            {"tx_queues", port.tx_queues()},
            {"rx_descriptors", about.rx_descriptors},
            {"tx_descriptors", about.tx_descriptors},
            {"spreads_by_addresses", about.spreads},
            {"numa_node", about.numa_node}};
}

std::string info_text(Side side, const Json& info) {
    Sheet sheet(fmt::format("port: {}", name(side)));
    sheet.add("device", fmt::format("{} ({}), DPDK port {}", info["device"].get<std::string>(),
                                    info["driver"].get<std::string>(), info["dpdk_port"].dump()));
    sheet.add("mac", info["mac"].get<std::string>());
    sheet.add("mtu", info["mtu_bytes"].dump() + " B");
    const bool up = info["link_up"].get<bool>();
    sheet.add("link", !up ? "down"
                      : info["link_speed_mbps"] == 0
                          ? "up, speed unknown"
                          : "up, " + info["link_speed_mbps"].dump() + " Mb/s");
    sheet.add("queues", fmt::format("{} to receive, {} to send, of {} and {} descriptors",
                                    info["rx_queues"].dump(), info["tx_queues"].dump(),
                                    info["rx_descriptors"].dump(), info["tx_descriptors"].dump()));
    sheet.add("spreads packets by addresses",
              info["spreads_by_addresses"].get<bool>() ? "yes" : "no");
    return sheet.text();
}

// --- stats ------------------------------------------------------------------------------------

struct Rates {
    double rx_packets;
    double rx_bytes;
    double tx_packets;
    double tx_bytes;
};

Rates rates_of(const Tally::Window& window, Side side) {
    const PortStatistics& now = window.now.ports[index(side)];
    const PortStatistics& before = window.before.ports[index(side)];
    const double seconds = window.seconds();
    const auto rate = [&](std::uint64_t to, std::uint64_t from) {
        return seconds > 0 ? static_cast<double>(to - from) / seconds : 0;
    };
    return {rate(now.rx_packets, before.rx_packets), rate(now.rx_bytes, before.rx_bytes),
            rate(now.tx_packets, before.tx_packets), rate(now.tx_bytes, before.tx_bytes)};
}

Json stats_json(const PortStatistics& port, const Rates& rates) {
    return {{"rx_packets", port.rx_packets},
            {"rx_bytes", port.rx_bytes},
            {"rx_packets_per_second", rates.rx_packets},
            {"rx_bytes_per_second", rates.rx_bytes},
            {"tx_packets", port.tx_packets},
            {"tx_bytes", port.tx_bytes},
            {"tx_packets_per_second", rates.tx_packets},
            {"tx_bytes_per_second", rates.tx_bytes},
            {"proxied_packets", port.proxied_packets},
            {"other_frames", port.other_frames},
            {"tagged_frames", port.tagged_frames},
            {"missed", port.missed},
            {"rx_errors", port.rx_errors},
            {"tx_errors", port.tx_errors}};
}

std::string stats_text(Side side, const PortStatistics& port, const Rates& rates) {
    const auto line = [](std::uint64_t packets, std::uint64_t bytes, double pps, double bps) {
        return fmt::format("{} packets, {}; now {:.0f} packets/s, {}/s", packets, bytes_text(bytes),
                           pps, bytes_text(static_cast<std::uint64_t>(bps)));
    };
    Sheet sheet(fmt::format("port: {}", name(side)));
    sheet.add("received", line(port.rx_packets, port.rx_bytes, rates.rx_packets, rates.rx_bytes));
    sheet.add("sent", line(port.tx_packets, port.tx_bytes, rates.tx_packets, rates.tx_bytes));
    sheet.add("unprotected, let pass",
              fmt::format("{} packets, {} frames that are not IPv6, {} VLAN-tagged",
                          port.proxied_packets, port.other_frames, port.tagged_frames));
    sheet.add("lost by the port", fmt::format("{} missed, {} receive errors, {} send errors",
                                              port.missed, port.rx_errors, port.tx_errors));
    return sheet.text();
}

// --- xstats -----------------------------------------------------------------------------------

std::string xstats_text(Side side, const DeviceStatistics& statistics) {
    Sheet sheet(fmt::format("port: {}", name(side)));
    for (const auto& [name, value] : statistics) {
        if (value != 0) {
            sheet.add(name, std::to_string(value));
        }
    }
    sheet.add("zero", std::to_string(std::count_if(statistics.begin(), statistics.end(),
                                                   [](const auto& one) { return one.second == 0; }))
                          + " more");
    return sheet.text();
}

// --- the commands -----------------------------------------------------------------------------

// One part of what there is to say of a port: added to its facts, and to the text.
using Part = void (*)(Environment& environment, Side side, Json& facts, std::string& text);

void add_info(Environment& environment, Side side, Json& facts, std::string& text) {
    facts["info"] = info_of(environment, side);
    text += info_text(side, facts["info"]);
}

void add_stats(Environment& environment, Side side, Json& facts, std::string& text) {
    const auto window = environment.tally().window();
    const PortStatistics port = environment.tally().ports(window.now)[index(side)];
    const Rates rates = rates_of(window, side);
    facts["stats"] = stats_json(port, rates);
    text += stats_text(side, port, rates);
}

void add_xstats(Environment& environment, Side side, Json& facts, std::string& text) {
    const auto statistics = environment.tally().device(side, environment.device_statistics(side));
    facts["xstats"] = statistics;
    text += xstats_text(side, statistics);
}

template <Part... parts>
Result<Reply> show_port(const Arguments& arguments, Environment& environment) {
    Reply reply;
    for (const Side side : ports_asked_for(arguments)) {
        Json& facts = reply.facts["ports"][name(side)];
        (parts(environment, side, facts, reply.text), ...);
    }
    return reply;
}

constexpr std::array table{
    Command{"show port info [PORT]", "A port's device, address, link and queues.",
            show_port<add_info>},
    Command{"show port stats [PORT]", "What a port received and sent, and how much just now.",
            show_port<add_stats>},
    Command{"show port xstats [PORT]", "What the port's device counts itself.",
            show_port<add_xstats>},
    Command{"show port all [PORT]", "All of these.", show_port<add_info, add_stats, add_xstats>},
};

} // namespace

std::span<const Command> port_commands() {
    return table;
}

} // namespace mt6d::shell
