// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/pci_nic.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>

namespace mt6d::doctor {

bool PciNic::shares_kernel_driver() const {
    constexpr std::array<std::string_view, 3> sharing{"mlx4_core", "mlx5_core", "mana"};
    return std::find(sharing.begin(), sharing.end(), driver) != sharing.end();
}

std::string PciNic::vfio_device() const {
    return iommu_group.empty()
               ? ""
               : fmt::format("/dev/vfio/{}{}", is_unprotected ? "noiommu-" : "", iommu_group);
}

bool is_iommu_group(const FileTree& files, const std::string& group) {
    return files.text(fmt::format("{}/{}/name", iommu_groups, group)) != "vfio-noiommu";
}

std::optional<PciNic> find_nic(const FileTree& files, const std::string& address) {
    const std::string folder = "/sys/bus/pci/devices/" + address;
    if (!files.exists(folder)) {
        return std::nullopt;
    }
    PciNic nic;
    nic.address = address;
    nic.driver = files.target_name(folder + "/driver");
    nic.interfaces = files.names(folder + "/net");
    // virtio puts a device of its own in between.
    for (const std::string& name : files.names(folder)) {
        if (name.starts_with("virtio")) {
            const auto more = files.names(fmt::format("{}/{}/net", folder, name));
            nic.interfaces.insert(nic.interfaces.end(), more.begin(), more.end());
        }
    }
    nic.numa_node = files.number(folder + "/numa_node").value_or(-1);
    nic.iommu_group = files.target_name(folder + "/iommu_group");
    nic.is_unprotected = !nic.iommu_group.empty() && !is_iommu_group(files, nic.iommu_group);
    const std::string device_class = files.text(folder + "/class");
    nic.is_card = device_class.starts_with("0x02");
    nic.is_bridge = device_class.starts_with("0x06");
    return nic;
}

std::vector<PciNic> members_of_group(const FileTree& files, const std::string& group) {
    std::vector<PciNic> members;
    for (const std::string& address :
         files.names(fmt::format("{}/{}/devices", iommu_groups, group))) {
        const auto nic = find_nic(files, address);
        if (nic && !nic->is_bridge) {
            members.push_back(*nic);
        }
    }
    return members;
}

std::string native_driver(const FileTree& files, const std::string& address) {
    const std::string modalias = files.text("/sys/bus/pci/devices/" + address + "/modalias");
    const std::string release = files.text("/proc/sys/kernel/osrelease");
    for (const std::string& line : files.lines("/lib/modules/" + release + "/modules.alias")) {
        const auto fields = words(line); // alias pci:v00008086d00001572sv*sd*bc*sc*i* i40e
        if (fields.size() == 3 && fields[1].starts_with("pci:")
            && fnmatch(fields[1].c_str(), modalias.c_str(), 0) == 0 && fields[2] != "vfio_pci") {
            return fields[2];
        }
    }
    return {};
}

} // namespace mt6d::doctor
