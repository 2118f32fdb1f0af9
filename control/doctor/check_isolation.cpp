// SPDX-License-Identifier: BSD-3-Clause
#include "control/cpu_list.hpp"
#include "control/doctor/checks.hpp"
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace mt6d::doctor {

namespace {

using Cpus = std::vector<std::uint32_t>;

Cpus without(Cpus cpus, const Cpus& others) {
    std::erase_if(cpus, [&](std::uint32_t cpu) {
        return std::find(others.begin(), others.end(), cpu) != others.end();
    });
    return cpus;
}

// By isolcpus=, or by an isolated partition of cgroups.
Cpus isolated_cpus(const FileTree& files) {
    Cpus cpus = parse_cpu_list(files.text("/sys/devices/system/cpu/isolated"));
    const Cpus more = parse_cpu_list(files.text("/sys/fs/cgroup/cpuset.cpus.isolated"));
    cpus.insert(cpus.end(), more.begin(), more.end());
    return cpus;
}

// Of Debian 12's DPDK; others are asked when the gateway starts.
bool cannot_wake_workers(std::string_view driver) {
    constexpr std::array<std::string_view, 6> drivers{"net_af_packet", "net_af_xdp", "net_memif",
                                                      "net_null",      "net_pcap",   "net_ring"};
    return std::find(drivers.begin(), drivers.end(), driver) != drivers.end();
}

void check_interrupts(const Subject& subject, Findings& findings) {
    bool well = true;
    for (const ExaminedPort& port : ports_of(subject)) {
        if (cannot_wake_workers(port.device.driver)) {
            findings.note(fmt::format("idle: interrupt: the {} port, {}, cannot wake workers: idle "
                                      "ones that poll it sleep",
                                      port.role, port.config.device));
            well = false;
        }
    }
    if (well) {
        findings.ok("not needed: idle workers wait for the ports");
    }
}

void check_governors(const FileTree& files, const Cpus& cpus, Findings& findings) {
    for (const std::uint32_t cpu : cpus) {
        const std::string file =
            fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu);
        const std::string governor = files.text(file);
        if (!governor.empty() && governor != "performance") {
            findings.note(fmt::format("CPU {} changes its frequency (governor {}): packets wait "
                                      "until it is fast again",
                                      cpu, governor),
                          fmt::format("echo performance > {}", file));
        }
    }
}

} // namespace

void check_isolation(const Subject& subject, Findings& findings) {
    const Cpus workers = worker_cpus_of(subject);
    if (subject.config && subject.config->idle == config::Idle::interrupt) {
        check_interrupts(subject, findings);
        return;
    }
    if (!subject.config || subject.config->idle == config::Idle::sleep) {
        findings.ok(subject.config ? "not needed: idle workers sleep" : "no workers are known");
        return;
    }
    if (workers.empty()) {
        findings.note("workers poll, and have no CPUs of their own: the scheduler moves them",
                      edit(subject.config_file, "workers: [1], and control_core: 0"));
        return;
    }
    const Cpus shared = without(workers, isolated_cpus(subject.files));
    const Cpus ticking =
        without(workers, parse_cpu_list(subject.files.text("/sys/devices/system/cpu/nohz_full")));
    const std::string list = cpu_list(workers);
    if (!shared.empty()) {
        findings.note(
            fmt::format("CPU {} may be given other work too, while which a worker "
                        "loses packets",
                        cpu_list(shared)),
            add_kernel_parameters("isolation",
                                  fmt::format("isolcpus={0} nohz_full={0} rcu_nocbs={0}", list)));
    } else if (!ticking.empty()) {
        findings.note(
            fmt::format("CPU {} is isolated, and interrupted by the scheduler's clock "
                        "all the same",
                        cpu_list(ticking)),
            add_kernel_parameters("ticks", fmt::format("nohz_full={0} rcu_nocbs={0}", list)));
    } else {
        findings.ok(fmt::format("CPU {} is the workers' alone", list));
    }
    check_governors(subject.files, workers, findings);
}

} // namespace mt6d::doctor
