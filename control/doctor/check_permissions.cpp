// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/pci_nic.hpp"
#include "control/doctor/process.hpp"
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace mt6d::doctor {

namespace {

constexpr mode_t read_write = 06;
constexpr mode_t write_search = 03;

// Where tmpfiles and the unit make room for gateways.
constexpr std::string_view usual_state = "/var/lib/mt6d/";

// Of a directory that the gateway makes if need be: it, or what is above it and there.
void check_directory(const FileTree& files, const Process& process, const std::string& what,
                     const std::string& path, Findings& findings) {
    std::filesystem::path existing = path;
    while (!files.exists(existing.string()) && existing.has_relative_path()) {
        existing = existing.parent_path();
    }
    const auto access = files.access(existing.string());
    if (access && process.may(write_search, *access)) {
        return;
    }
    findings.wrong(fmt::format("{} {}: user {} may not write to {}", what, path, process.user,
                               existing.string()),
                   fmt::format("install -d -o {} {}", process.user, quoted_for_shell(path)));
}

// What control/state/directory.hpp insists on. Whoever asks here need not be who runs the gateway:
// what has an owner is never given to another but the service's user, whose place it is.
void check_state_that_is_there(const Subject& subject, const Process& process, const Access& access,
                               Findings& findings) {
    constexpr mode_t others_write = 022;
    const std::string& path = subject.config->state_dir;
    const bool is_usual = path.starts_with(usual_state);
    const std::string elsewhere =
        edit(subject.config_file, fmt::format("state_dir: {}NAME", usual_state));
    const std::string give_to_service =
        is_usual ? "chown -R mt6d " + quoted_for_shell(path) : elsewhere;
    const auto service = service_user(subject.files);
    // Root examines for the service too, which leaves its state behind.
    const bool root_asks = process.user == 0 && service.has_value();
    const std::string former =
        fmt::format("state_dir {} is root's, who ran this gateway before", path);
    if (access.user != 0 && access.user != process.user && !(root_asks && access.user == service)) {
        findings.wrong(fmt::format("state_dir {} belongs to user {}, who is neither root nor {}, "
                                   "who asks: a gateway takes its own only",
                                   path, access.user, process.user),
                       elsewhere);
    } else if ((access.mode & others_write) != 0) {
        findings.wrong(fmt::format("state_dir {} may be written to by others (mode {:04o})", path,
                                   access.mode),
                       is_usual ? "chmod 700 " + quoted_for_shell(path) : elsewhere);
    } else if (access.user == 0 && process.user == service) {
        findings.wrong(fmt::format("{}: user {} may not write to it", former, process.user),
                       give_to_service);
    } else if (access.user == 0 && root_asks) {
        findings.note(former + ": the unit's user mt6d may not write to it", give_to_service);
    }
}

void check_state(const Subject& subject, const Process& process, Findings& findings) {
    const std::string& path = subject.config->state_dir;
    if (const auto access = subject.files.access(path)) {
        check_state_that_is_there(subject, process, *access, findings);
    }
    if (findings.all().empty()) {
        check_directory(subject.files, process, "state_dir", path, findings);
    }
}

// conf/systemd/70-mt6d.rules gives them to the group at each boot.
void check_group_device(const FileTree& files, const Process& process, const ExaminedPort& port,
                        const std::string& path, Findings& findings) {
    const auto access = files.access(path);
    if (!access) {
        findings.wrong(path + " is not there: vfio is not loaded", "modprobe vfio-pci");
    } else if (!process.may(read_write, *access)) {
        findings.wrong(fmt::format("{} port: user {} may not use {} (mode {:04o}), which "
                                   "70-mt6d.rules of udev gives to group mt6d",
                                   port.role, process.user, path, access->mode),
                       "udevadm control --reload && udevadm trigger --subsystem-match=vfio");
    }
}

void check_vfio(const FileTree& files, const Process& process, const ExaminedPort& port,
                Findings& findings) {
    const auto nic = find_nic(files, port.device.name);
    if (!nic || !nic->is_bound_to_vfio()) {
        return; // another check's
    }
    for (const std::string& path : {std::string("/dev/vfio/vfio"), nic->vfio_device()}) {
        if (!path.empty()) {
            check_group_device(files, process, port, path, findings);
        }
    }
    if (nic->is_unprotected && !process.has(CAP_SYS_RAWIO)) {
        findings.wrong(fmt::format("{} port: {} has no IOMMU, and needs CAP_SYS_RAWIO, which this "
                                   "process has not",
                                   port.role, nic->address),
                       "systemctl edit mt6d-gateway@NAME   # [Service] "
                       "CapabilityBoundingSet=CAP_SYS_RAWIO AmbientCapabilities=CAP_SYS_RAWIO");
    }
}

void check_locked_memory(const Process& process, std::uint64_t needed_mib, Findings& findings) {
    constexpr unsigned mebibyte_bits = 20;
    if (process.lockable_memory && !process.has(CAP_IPC_LOCK)
        && *process.lockable_memory < needed_mib << mebibyte_bits) {
        findings.wrong(fmt::format("this process may lock {} KiB of memory, and NICs need all {} "
                                   "MiB of the gateway's locked",
                                   *process.lockable_memory / 1024, needed_mib),
                       fmt::format("echo '{0}:{0} - memlock unlimited' > "
                                   "/etc/security/limits.d/mt6d.conf   # then log in anew; the "
                                   "unit has LimitMEMLOCK=infinity",
                                   process.user));
    }
}

void check_capabilities(const Process& process, const ExaminedPort& port, Findings& findings) {
    struct Capability {
        unsigned number;
        std::string_view name;
    };
    constexpr std::array needed{Capability{CAP_NET_RAW, "CAP_NET_RAW"},
                                Capability{CAP_NET_ADMIN, "CAP_NET_ADMIN"},
                                Capability{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}};
    const bool loads_program = port.device.driver == "net_af_xdp";
    std::string missing;
    for (const Capability& one : needed) {
        if (!process.has(one.number) && (one.number != CAP_SYS_ADMIN || loads_program)) {
            missing += (missing.empty() ? "" : " ") + std::string(one.name);
        }
    }
    if (!missing.empty()) {
        findings.wrong(fmt::format("{} port: {} needs {}, which this process has not", port.role,
                                   port.device.name, missing),
                       fmt::format("systemctl start mt6d-gateway@NAME   # its unit{} grants them",
                                   loads_program ? ", with af-xdp.conf," : ""));
    }
}

} // namespace

void check_permissions(const Subject& subject, Findings& findings) {
    const FileTree& files = subject.files;
    const Process process = read_process(files);
    if (subject.config) {
        const config::Config& config = *subject.config;
        check_state(subject, process, findings);
        if (!config.control.socket.empty()) {
            check_directory(files, process, "control.socket's directory",
                            std::filesystem::path(config.control.socket).parent_path().string(),
                            findings);
        }
        for (const ExaminedPort& port : ports_of(subject)) {
            if (port.device.is_pci()) {
                check_vfio(files, process, port, findings);
            } else if (!port.interface.empty() || port.device.driver == "net_tap") {
                check_capabilities(process, port, findings);
            }
        }
        if (!pci_ports_of(subject).empty()) {
            check_locked_memory(process, config.memory_mib, findings);
        }
    }
    if (findings.all().empty()) {
        findings.ok(fmt::format("user {} may do what is needed", process.user));
    }
}

} // namespace mt6d::doctor
