// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/lifelines.hpp"
#include "control/doctor/pci_nic.hpp"
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>

namespace mt6d::doctor {

namespace {

void check_nic(const FileTree& files, const ExaminedPort& port, Findings& findings) {
    const auto nic = find_nic(files, port.device.name);
    const std::string what = fmt::format("{} port: {}", port.role, port.device.name);
    if (!nic) {
        findings.wrong(what + " is not there", "mt6d-bind status");
        return;
    }
    if (!nic->is_card) {
        findings.wrong(what + " is no network card", "mt6d-bind status");
    } else if (nic->is_bound_to_vfio()) {
        findings.ok(what + " is bound to vfio-pci");
    } else if (nic->shares_kernel_driver()) {
        findings.ok(
            fmt::format("{} keeps its kernel driver {}, on which DPDK's works", what, nic->driver));
    } else if (nic->driver == "uio_pci_generic" || nic->driver == "igb_uio") {
        findings.note(fmt::format("{} is bound to {}: it can write all memory", what, nic->driver),
                      bind_to_vfio(nic->address));
    } else if (const auto reason = is_lifeline(files, *nic)) {
        findings.wrong(fmt::format("{} is how this machine is reached ({}): it stays with the "
                                   "kernel; choose another NIC, or log in another way first",
                                   what, *reason));
    } else {
        findings.wrong(fmt::format("{} is {}: DPDK cannot have it", what,
                                   nic->driver.empty() ? "bound to no driver"
                                                       : "the kernel's (" + nic->driver + ")"),
                       bind_to_vfio(nic->address));
    }
}

} // namespace

void check_drivers(const Subject& subject, Findings& findings) {
    const auto ports = pci_ports_of(subject);
    for (const ExaminedPort& port : ports) {
        check_nic(subject.files, port, findings);
    }
    if (ports.empty()) {
        findings.ok(subject.config ? "no port is a NIC of DPDK's" : "no NICs are known");
    }
}

} // namespace mt6d::doctor
