// SPDX-License-Identifier: BSD-3-Clause
// What must hold between sections that are right by themselves.
#pragma once

#include "control/config/config.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/sections.hpp"

namespace mt6d::config {

void check_ports(const Config& config, const PortFacts& internal, const PortFacts& external,
                 Diagnostics& diagnostics);
void warn_unused(const Hosts& hosts, Diagnostics& diagnostics);

} // namespace mt6d::config
