// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/lifelines.hpp"
#include "control/doctor/pci_nic.hpp"
#include "control/doctor/remedy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace mt6d::doctor {

namespace {

constexpr std::string_view tables = "/sys/firmware/acpi/tables/";

enum class Iommu { on, off, absent };

// Firmware describes it in a table of its own: Intel's, AMD's, a virtual machine's.
Iommu state_of(const FileTree& files) {
    const auto groups = files.names(iommu_groups);
    if (std::any_of(groups.begin(), groups.end(),
                    [&](const std::string& group) { return is_iommu_group(files, group); })) {
        return Iommu::on;
    }
    for (const char* table : {"DMAR", "IVRS", "VIOT"}) {
        if (files.exists(std::string(tables) + table)) {
            return Iommu::off;
        }
    }
    return Iommu::absent;
}

// Intel's waits to be switched on; the others are on unless the kernel is told otherwise, or has no
// driver for them.
void tell_that_it_is_off(const FileTree& files, Findings& findings) {
    const std::string off = "there, and switched off, and vfio-pci needs it";
    for (const std::string& parameter : words(files.text("/proc/cmdline"))) {
        if (parameter == "iommu=off" || parameter == "intel_iommu=off"
            || parameter == "amd_iommu=off") {
            findings.wrong(fmt::format("{}: the kernel's command line says {}", off, parameter),
                           remove_kernel_parameter(parameter));
            return;
        }
    }
    if (files.exists(std::string(tables) + "DMAR")) {
        findings.wrong(off, add_kernel_parameters("iommu", "intel_iommu=on iommu=pt"));
    } else if (files.exists(std::string(tables) + "IVRS")) {
        findings.wrong(off + ": the kernel did not take AMD's, and its messages say why",
                       "dmesg | grep -i -e amd-vi -e iommu");
    } else {
        findings.wrong(off + ": this kernel has no driver (virtio-iommu) for a virtual machine's",
                       "grep VIRTIO_IOMMU /boot/config-$(uname -r)");
    }
}

// What speaks against giving it to vfio; nothing: it may go.
std::optional<std::string> why_not(const FileTree& files, const PciNic& other) {
    if (const auto reason = is_lifeline(files, other)) {
        return fmt::format("must stay with the kernel ({})", *reason);
    }
    if (!other.is_card) {
        return "is no network card";
    }
    if (other.shares_kernel_driver()) {
        return "needs its kernel driver";
    }
    return std::nullopt;
}

// A group is given to vfio as a whole, or not at all.
void check_group(const FileTree& files, const ExaminedPort& port,
                 const std::vector<ExaminedPort>& ports, Findings& findings) {
    const auto nic = find_nic(files, port.device.name);
    if (!nic || nic->iommu_group.empty()) {
        return;
    }
    if (nic->is_unprotected) {
        findings.note(fmt::format("{} port: {} is in no IOMMU's group: it can write all memory",
                                  port.role, nic->address));
        return;
    }
    bool alone = true;
    for (const PciNic& other : members_of_group(files, nic->iommu_group)) {
        const bool ours = std::any_of(ports.begin(), ports.end(), [&](const ExaminedPort& one) {
            return one.device.name == other.address;
        });
        if (ours || other.driver.empty() || other.is_bound_to_vfio()) {
            continue;
        }
        alone = false;
        const std::string shared =
            fmt::format("{} shares IOMMU group {} with {}, which {} has", nic->address,
                        nic->iommu_group, other.address, other.driver);
        if (const auto reason = why_not(files, other)) {
            findings.wrong(
                fmt::format("{}, and which {}: put the NIC into another slot", shared, *reason));
        } else {
            findings.wrong(shared + ": both go to vfio-pci, or the NIC into another slot",
                           bind_to_vfio(other.address));
        }
    }
    if (alone) {
        findings.ok(fmt::format("{} port: {} is in IOMMU group {}, which nothing else uses",
                                port.role, nic->address, nic->iommu_group));
    }
}

// Of ports whose NICs vfio is to have, and for which there is no IOMMU.
void tell_that_it_is_absent(const FileTree& files, const std::vector<PciNic>& nics,
                            Findings& findings) {
    std::string bindable;
    std::string lines;
    for (const PciNic& nic : nics) {
        if (nic.is_bound_to_vfio()) {
            continue;
        }
        if (const auto reason = is_lifeline(files, nic)) {
            lines += fmt::format("; {} must stay with the kernel ({})", nic.address, *reason);
        } else {
            bindable += nic.address + " ";
        }
    }
    findings.wrong("absent: switch it on in the firmware (VT-d, AMD-Vi), or let vfio go without "
                   "it, where a NIC can write all memory"
                       + lines,
                   bindable.empty() ? "" : bind_to_vfio(bindable + "--no-iommu"));
}

// Those of ports that vfio is to have.
std::vector<PciNic> nics_for_vfio(const FileTree& files, const std::vector<ExaminedPort>& ports) {
    std::vector<PciNic> nics;
    for (const ExaminedPort& port : ports) {
        const auto nic = find_nic(files, port.device.name);
        if (nic && nic->is_card && !nic->shares_kernel_driver()) {
            nics.push_back(*nic);
        }
    }
    return nics;
}

} // namespace

void check_iommu(const Subject& subject, Findings& findings) {
    const std::vector<ExaminedPort> ports = pci_ports_of(subject);
    const Iommu state = state_of(subject.files);
    if (state == Iommu::on) {
        findings.ok("there, and switched on");
        for (const ExaminedPort& port : ports) {
            check_group(subject.files, port, ports, findings);
        }
        return;
    }
    const std::vector<PciNic> nics = nics_for_vfio(subject.files, ports);
    const std::string what = state == Iommu::off ? "switched off" : "absent";
    if (nics.empty()) {
        findings.ok(what + ", and no port needs one");
    } else if (std::all_of(nics.begin(), nics.end(),
                           [](const PciNic& nic) { return nic.is_bound_to_vfio(); })) {
        findings.note(what + ", and vfio goes without: the ports' NICs can write all memory");
    } else if (state == Iommu::off) {
        tell_that_it_is_off(subject.files, findings);
    } else {
        tell_that_it_is_absent(subject.files, nics, findings);
    }
}

} // namespace mt6d::doctor
