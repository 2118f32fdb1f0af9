// SPDX-License-Identifier: BSD-3-Clause
#include "control/cpu_list.hpp"
#include "control/doctor/checks.hpp"
#include "control/doctor/hugepages.hpp"
#include "control/doctor/pci_nic.hpp"
#include "control/doctor/remedy.hpp"
#include "control/doctor/running_gateway.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::doctor {

namespace {

std::string node_folder(std::int64_t node) {
    return fmt::format("/sys/devices/system/node/node{}", node);
}

// Each of a NIC's packets would cross from one node to the other, twice.
bool check_workers(const Subject& subject, const ExaminedPort& port, std::int64_t node,
                   Findings& findings) {
    const auto near = parse_cpu_list(subject.files.text(node_folder(node) + "/cpulist"));
    std::vector<std::uint32_t> far = worker_cpus_of(subject);
    std::erase_if(far, [&](std::uint32_t cpu) {
        return std::find(near.begin(), near.end(), cpu) != near.end();
    });
    if (far.empty()) {
        return true;
    }
    findings.note(fmt::format("{} port: {} is on node {}, and a worker on CPU {} of another",
                              port.role, port.device.name, node, cpu_list(far)),
                  edit(subject.config_file, "workers: CPUs of " + cpu_list(near)));
    return false;
}

bool check_memory(const Subject& subject, const ExaminedPort& port, std::int64_t node,
                  Findings& findings) {
    const std::string folder = node_folder(node) + "/hugepages";
    const auto pools = hugepage_pools(subject.files, folder);
    const bool some = std::any_of(pools.begin(), pools.end(),
                                  [](const HugepagePool& pool) { return pool.free > 0; });
    if (some || pools.empty()
        || hugepages_of_running_gateway(subject.files, subject.config_file) > 0) {
        return true;
    }
    const HugepagePool& pool = default_pool(subject.files, pools);
    const std::int64_t pages = subject.config->memory_mib * std::int64_t{1024} / pool.page_kib;
    findings.note(fmt::format("{} port: {} is on node {}, which has no free hugepages", port.role,
                              port.device.name, node),
                  fmt::format("echo {} > {}/{}/nr_hugepages",
                              pool.total + std::max<std::int64_t>(pages, 1), folder, pool.name));
    return false;
}

} // namespace

void check_numa(const Subject& subject, Findings& findings) {
    const auto nodes = parse_cpu_list(subject.files.text("/sys/devices/system/node/online"));
    if (nodes.size() < 2) {
        findings.ok("one node: all is near");
        return;
    }
    bool well = true;
    for (const ExaminedPort& port : pci_ports_of(subject)) {
        const auto nic = find_nic(subject.files, port.device.name);
        if (nic && nic->numa_node >= 0) {
            well = check_workers(subject, port, nic->numa_node, findings) && well;
            well = check_memory(subject, port, nic->numa_node, findings) && well;
        }
    }
    if (well) {
        findings.ok(fmt::format("{} nodes, and what belongs together is on one", nodes.size()));
    }
}

} // namespace mt6d::doctor
