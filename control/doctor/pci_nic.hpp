// SPDX-License-Identifier: BSD-3-Clause
// A PCI device as the kernel sees it: a network card, or what shares an IOMMU group with one.
#pragma once

#include "control/doctor/file_tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::doctor {

struct PciNic {
    std::string address;                 // "0000:01:00.0"
    std::string driver;                  // empty: none
    std::vector<std::string> interfaces; // the kernel's on it
    std::int64_t numa_node = -1;         // -1: none, or any
    std::string iommu_group;             // empty: none
    bool is_card = false;                // a network card, by its class
    bool is_bridge = false;              // to other PCI devices
    bool is_unprotected = false;         // vfio has it without an IOMMU, in a group for that

    [[nodiscard]] bool is_bound_to_vfio() const { return driver == "vfio-pci"; }
    // Of those whose DPDK driver works on top of the kernel's: they are not bound to another.
    [[nodiscard]] bool shares_kernel_driver() const;
    // By which its group is used; empty: it has none.
    [[nodiscard]] std::string vfio_device() const;
};

inline constexpr std::string_view iommu_groups = "/sys/kernel/iommu_groups";

// And not one that vfio has made for a device without an IOMMU (--no-iommu of tools/bind).
bool is_iommu_group(const FileTree& files, const std::string& group);
// Nothing, if there is no such device.
std::optional<PciNic> find_nic(const FileTree& files, const std::string& address);
// Those of an IOMMU group, bridges left out.
std::vector<PciNic> members_of_group(const FileTree& files, const std::string& group);
// The kernel's own driver for the device, by the modules that are installed; empty: none.
std::string native_driver(const FileTree& files, const std::string& address);

} // namespace mt6d::doctor
