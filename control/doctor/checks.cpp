// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"

#include <array>

namespace mt6d::doctor {

std::span<const Check> all_checks() {
    static constexpr std::array table{
        Check{"configuration", "the file, and all that it names", check_configuration},
        Check{"cores", "CPUs of the control thread and the workers", check_cores},
        Check{"isolation", "whether polling workers have their CPUs to themselves",
              check_isolation},
        Check{"hugepages", "memory that NICs read", check_hugepages},
        Check{"iommu", "what keeps NICs to that memory", check_iommu},
        Check{"drivers", "what the NICs are bound to", check_drivers},
        Check{"packages", "DPDK's drivers for the ports", check_packages},
        Check{"numa", "whether NICs, CPUs and memory are near each other", check_numa},
        Check{"interfaces", "interfaces of the kernel that are ports", check_interfaces},
        Check{"mtu", "whether hosts' packets fit into the tunnel", check_mtu},
        Check{"clock", "whether the time is right", check_clock},
        Check{"permissions", "what this user may do", check_permissions},
    };
    return table;
}

} // namespace mt6d::doctor
