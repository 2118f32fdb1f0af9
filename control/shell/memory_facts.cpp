// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/memory_facts.hpp"

#include "control/shell/text.hpp"

#include <rte_malloc.h>
#include <rte_mempool.h>

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kibibyte = 1024;

// Of all NUMA nodes together.
Json heap_facts() {
    std::uint64_t size = 0;
    std::uint64_t used = 0;
    std::uint64_t largest_free = 0;
    for (int socket = 0; socket < RTE_MAX_NUMA_NODES; ++socket) {
        rte_malloc_socket_stats stats{};
        if (rte_malloc_get_socket_stats(socket, &stats) == 0) {
            size += stats.heap_totalsz_bytes;
            used += stats.heap_allocsz_bytes;
            largest_free = std::max<std::uint64_t>(largest_free, stats.greatest_free_size);
        }
    }
    return {{"size_bytes", size}, {"used_bytes", used}, {"largest_free_bytes", largest_free}};
}

// Lines of /proc/self/status: "VmRSS:   1234 kB".
std::uint64_t status_bytes(const std::string& field) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(field + ":")) {
            return std::strtoull(line.c_str() + field.size() + 1, nullptr, 10) * kibibyte;
        }
    }
    return 0;
}

Json tables_facts(const Gateway& gateway) {
    Json tables = Json::array();
    for (const TableUse& table : gateway.tables()) {
        tables.push_back(
            {{"table", table.name}, {"entries", table.used}, {"capacity", table.capacity}});
    }
    return tables;
}

std::string bytes_of(const Json& value) {
    return bytes_text(value.get<std::uint64_t>());
}

} // namespace

Json memory_facts(const Gateway& gateway) {
    const rte_mempool* const pool = gateway.pool();
    return {{"packet_buffers",
             {{"size", pool->size},
              {"in_use", rte_mempool_in_use_count(pool)},
              {"buffer_bytes", pool->elt_size}}},
            {"dpdk_heap", heap_facts()},
            {"tables", tables_facts(gateway)},
            {"process",
             {{"resident_bytes", status_bytes("VmRSS")},
              {"virtual_bytes", status_bytes("VmSize")},
              {"locked_bytes", status_bytes("VmLck")},
              {"swapped_bytes", status_bytes("VmSwap")}}}};
}

std::string memory_text(const Json& facts) {
    const Json& buffers = facts["packet_buffers"];
    const Json& heap = facts["dpdk_heap"];
    const Json& process = facts["process"];
    Sheet sheet("memory");
    sheet.add("packet buffers",
              fmt::format("{} of {} in use, {} each", buffers["in_use"].dump(),
                          buffers["size"].dump(), bytes_of(buffers["buffer_bytes"])));
    sheet.add("DPDK's heap",
              fmt::format("{} of {} used, largest free piece {}", bytes_of(heap["used_bytes"]),
                          bytes_of(heap["size_bytes"]), bytes_of(heap["largest_free_bytes"])));
    sheet.add("process",
              fmt::format("{} resident, {} virtual, {} locked, {} swapped out",
                          bytes_of(process["resident_bytes"]), bytes_of(process["virtual_bytes"]),
                          bytes_of(process["locked_bytes"]), bytes_of(process["swapped_bytes"])));
    Table tables({{"table"}, {"entries", Table::Align::right}, {"capacity", Table::Align::right}});
    for (const Json& table : facts["tables"]) {
        tables.add(
            {table["table"].get<std::string>(), table["entries"].dump(), table["capacity"].dump()});
    }
    return sheet.text() + "\n" + tables.text();
}

} // namespace mt6d::shell
