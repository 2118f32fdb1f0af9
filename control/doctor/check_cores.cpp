// SPDX-License-Identifier: BSD-3-Clause
#include "control/cpu_list.hpp"
#include "control/doctor/checks.hpp"
#include "control/doctor/process.hpp"
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::doctor {

namespace {

using Cpus = std::vector<std::uint32_t>;

bool contains(const Cpus& cpus, std::uint32_t cpu) {
    return std::find(cpus.begin(), cpus.end(), cpu) != cpus.end();
}

// False if it cannot be used.
bool check_cpu(const Subject& subject, const std::string& key, std::uint32_t cpu,
               const Cpus& online, const Cpus& usable, Findings& findings) {
    if (!contains(online, cpu)) {
        findings.wrong(
            fmt::format("{}: CPU {} is not online (online are {})", key, cpu, cpu_list(online)),
            edit(subject.config_file, key + ": a CPU of " + cpu_list(online)));
        return false;
    }
    if (!contains(usable, cpu)) {
        findings.wrong(fmt::format("{}: CPU {} is not allowed to this process (allowed are {}): "
                                   "widen the CPU set of its container or service",
                                   key, cpu, cpu_list(usable)),
                       edit(subject.config_file, key + ": a CPU of " + cpu_list(usable)));
        return false;
    }
    return true;
}

} // namespace

void check_cores(const Subject& subject, Findings& findings) {
    const Cpus usable = read_process(subject.files).usable_cpus;
    Cpus online = parse_cpu_list(subject.files.text("/sys/devices/system/cpu/online"));
    if (online.empty()) { // a container's /sys may lack it; control/machine.cpp does the same
        online = usable;
    }
    bool well = true;
    if (subject.config && subject.config->control_core) {
        well = check_cpu(subject, "control_core", *subject.config->control_core, online, usable,
                         findings);
    }
    const Cpus workers = worker_cpus_of(subject);
    for (const std::uint32_t cpu : workers) {
        well = check_cpu(subject, "workers", cpu, online, usable, findings) && well;
    }
    if (subject.config && subject.config->idle == config::Idle::poll
        && subject.config->workers.size() >= usable.size()) {
        findings.note(fmt::format("{} polling worker(s) and the control thread share {} CPU(s) "
                                  "({}): they take turns, which costs packets and delay",
                                  subject.config->workers.size(), usable.size(), cpu_list(usable)),
                      edit(subject.config_file, "idle: sleep, or fewer workers"));
        return;
    }
    if (well) {
        findings.ok(fmt::format("{} CPUs online ({}){}", online.size(), cpu_list(online),
                                workers.empty() ? "" : ", workers on " + cpu_list(workers)));
    }
}

} // namespace mt6d::doctor
