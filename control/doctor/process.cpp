// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/process.hpp"

#include "control/cpu_list.hpp"
#include "control/usable_cpus.hpp"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace mt6d::doctor {

namespace {

constexpr std::string_view locked_memory = "Max locked memory";

std::uint64_t number(const std::string& text, int base = 10) {
    return std::strtoull(text.c_str(), nullptr, base);
}

// The CPU set of the process's group, or of the next one above that has one.
std::optional<std::vector<std::uint32_t>> cpu_set(const FileTree& files) {
    constexpr std::string_view unified = "0::";
    for (const std::string& line : files.lines("/proc/self/cgroup")) {
        if (!line.starts_with(unified)) {
            continue;
        }
        std::filesystem::path group = line.substr(unified.size());
        while (true) {
            const std::string file =
                fmt::format("/sys/fs/cgroup/{}/cpuset.cpus.effective", group.string());
            if (files.exists(file)) {
                return parse_cpu_list(files.text(file));
            }
            if (!group.has_relative_path()) {
                break;
            }
            group = group.parent_path();
        }
    }
    return std::nullopt;
}

std::vector<std::uint32_t> usable_cpus_on(const FileTree& files,
                                          const std::vector<std::uint32_t>& allowed) {
    const auto isolated = parse_cpu_list(files.text(isolated_cpus_file));
    if (files.is_this_machine()) {
        return usable_cpus(allowed, isolated, kernel_permits);
    }
    const auto set = cpu_set(files);
    return usable_cpus(allowed, isolated, [&](std::uint32_t cpu) {
        return !set || std::find(set->begin(), set->end(), cpu) != set->end();
    });
}

} // namespace

bool Process::may(mode_t wanted, const Access& file) const {
    if (has(CAP_DAC_OVERRIDE)) {
        return true;
    }
    unsigned shift = 0;
    if (user == file.user) {
        shift = 6;
    } else if (std::find(groups.begin(), groups.end(), file.group) != groups.end()) {
        shift = 3;
    }
    return (file.mode >> shift & wanted) == wanted;
}

Process read_process(const FileTree& files) {
    Process process;
    for (const std::string& line : files.lines("/proc/self/status")) {
        const std::vector<std::string> fields = words(line);
        if (fields.size() < 2) {
            continue;
        }
        if (fields[0] == "Uid:" && fields.size() > 2) {
            process.user = static_cast<uid_t>(number(fields[2])); // the effective one
        } else if (fields[0] == "Gid:" && fields.size() > 2) {
            process.groups.push_back(static_cast<gid_t>(number(fields[2])));
        } else if (fields[0] == "Groups:") {
            for (std::size_t i = 1; i < fields.size(); ++i) {
                process.groups.push_back(static_cast<gid_t>(number(fields[i])));
            }
        } else if (fields[0] == "CapEff:") {
            process.capabilities = number(fields[1], 16);
        } else if (fields[0] == "Cpus_allowed_list:") {
            process.usable_cpus = usable_cpus_on(files, parse_cpu_list(fields[1]));
        }
    }
    for (const std::string& line : files.lines("/proc/self/limits")) {
        if (line.starts_with(locked_memory)) {
            const auto fields = words(std::string_view(line).substr(locked_memory.size()));
            if (!fields.empty() && fields[0] != "unlimited") {
                process.lockable_memory = number(fields[0]);
            }
        }
    }
    return process;
}

std::optional<uid_t> service_user(const FileTree& files) {
    constexpr std::string_view name = "mt6d:x:";
    for (const std::string& line : files.lines("/etc/passwd")) {
        if (line.starts_with(name)) {
            return static_cast<uid_t>(number(line.substr(name.size())));
        }
    }
    return std::nullopt;
}

} // namespace mt6d::doctor
