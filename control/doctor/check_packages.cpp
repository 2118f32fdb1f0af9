// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/pci_nic.hpp"
#include "control/eal_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mt6d::doctor {

namespace {

struct Plugins {
    std::string folder; // "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0"
    std::string abi;    // "23"
};

// Where DPDK looks for its drivers.
std::optional<Plugins> find_plugins(const FileTree& files) {
    constexpr std::string_view prefix = "pmds-";
    for (const std::string library : {"/usr/local/lib", "/usr/lib"}) {
        for (const std::string& machine : files.names(library)) {
            const std::string dpdk = fmt::format("{}/{}/dpdk", library, machine);
            for (const std::string& name : files.names(dpdk)) {
                if (name.starts_with(prefix)) {
                    const std::string version = name.substr(prefix.size());
                    return Plugins{fmt::format("{}/{}", dpdk, name),
                                   version.substr(0, version.find('.'))};
                }
            }
        }
    }
    return std::nullopt;
}

struct Pair {
    std::string_view kernel; // module
    std::string_view dpdk;
};

// Where they are not called alike.
constexpr std::array renamed{
    Pair{"e1000e", "e1000"},      Pair{"igb", "e1000"},         Pair{"igbvf", "e1000"},
    Pair{"ixgbevf", "ixgbe"},     Pair{"mlx4_core", "mlx4"},    Pair{"mlx5_core", "mlx5"},
    Pair{"virtio_pci", "virtio"}, Pair{"virtio-pci", "virtio"}, Pair{"bnxt_en", "bnxt"},
    Pair{"cxgb4", "cxgbe"},       Pair{"nicvf", "thunderx"},
};

// DPDK's for a NIC: after the kernel's for it. Empty: not known.
std::string driver_of(const FileTree& files, const PciNic& nic) {
    std::string kernel = native_driver(files, nic.address);
    if (kernel.empty() && !nic.is_bound_to_vfio()) {
        kernel = nic.driver;
    }
    const auto* const other = std::find_if(renamed.begin(), renamed.end(),
                                           [&](const Pair& pair) { return pair.kernel == kernel; });
    if (kernel.empty()) {
        return {};
    }
    return "net_" + (other == renamed.end() ? kernel : std::string(other->dpdk));
}

void check_port(const FileTree& files, const Plugins& plugins, const ExaminedPort& port,
                Findings& findings) {
    std::string driver = port.device.driver;
    if (port.device.is_pci()) {
        const auto nic = find_nic(files, port.device.name);
        driver = nic ? driver_of(files, *nic) : "";
    }
    const std::string what = fmt::format("{} port, {}", port.role, port.device.name);
    if (driver.empty()) {
        findings.note(what
                          + ": which of DPDK's drivers it needs is not known; all of them are in "
                            "librte-meta-net",
                      "apt-get install librte-meta-net");
        return;
    }
    const DriverLibrary library = driver_library(driver, plugins.abi);
    if (files.exists(plugins.folder + "/" + library.file)) {
        findings.ok(fmt::format("{}: {} is installed", what, driver));
    } else {
        findings.wrong(fmt::format("{}: its driver is not installed ({}/{})", what, plugins.folder,
                                   library.file),
                       "apt-get install " + library.package);
    }
}

} // namespace

void check_packages(const Subject& subject, Findings& findings) {
    const auto plugins = find_plugins(subject.files);
    if (!plugins) {
        findings.wrong("DPDK's drivers are not installed (/usr/lib/*/dpdk/pmds-*)",
                       "apt-get install librte-meta-all");
        return;
    }
    const auto ports = ports_of(subject);
    for (const ExaminedPort& port : ports) {
        check_port(subject.files, *plugins, port, findings);
    }
    if (ports.empty()) {
        findings.ok("DPDK's drivers are in " + plugins->folder);
    }
}

} // namespace mt6d::doctor
