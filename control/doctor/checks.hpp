// SPDX-License-Identifier: BSD-3-Clause
// All that the doctor looks at. Each check is a file of its own, and a row of the table.
#pragma once

#include "control/doctor/finding.hpp"
#include "control/doctor/subject.hpp"

#include <span>
#include <string_view>

namespace mt6d::doctor {

struct Check {
    std::string_view name;
    std::string_view about; // what it looks at
    void (*run)(const Subject& subject, Findings& findings);
};

// In the order in which a machine is prepared.
std::span<const Check> all_checks();

void check_configuration(const Subject& subject, Findings& findings);
void check_cores(const Subject& subject, Findings& findings);
void check_isolation(const Subject& subject, Findings& findings);
void check_hugepages(const Subject& subject, Findings& findings);
void check_iommu(const Subject& subject, Findings& findings);
void check_drivers(const Subject& subject, Findings& findings);
void check_packages(const Subject& subject, Findings& findings);
void check_numa(const Subject& subject, Findings& findings);
void check_interfaces(const Subject& subject, Findings& findings);
void check_mtu(const Subject& subject, Findings& findings);
void check_clock(const Subject& subject, Findings& findings);
void check_permissions(const Subject& subject, Findings& findings);

} // namespace mt6d::doctor
