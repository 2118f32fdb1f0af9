// SPDX-License-Identifier: BSD-3-Clause
// The interfaces by which this machine is reached: whoever takes one from the kernel may lock
// himself out. Nobody is ever told to, and tools/bind refuses.
#pragma once

#include "control/doctor/file_tree.hpp"
#include "control/doctor/pci_nic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mt6d::doctor {

struct Lifeline {
    std::string interface;
    std::string reason; // "the default route leaves by it"
};

// Those of default routes, of whatever table, and of established SSH connections, and those below
// them: a bridge's ports, the members of a bond, the device of a VLAN. Where what lies below is not
// known, whatever it may be. Each once.
std::vector<Lifeline> lifelines(const FileTree& files);

// Why the NIC must be left to the kernel; nothing: it need not.
std::optional<std::string> is_lifeline(const FileTree& files, const PciNic& nic);

} // namespace mt6d::doctor
