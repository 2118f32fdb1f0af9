// SPDX-License-Identifier: BSD-3-Clause
// Routes and addresses of this machine, asked of its kernel: what /proc does not show is here too,
// other tables than the main one, next hops beside the first, IPv4 addresses.
#pragma once

#include "control/doctor/routes.hpp"

#include <vector>

namespace mt6d::doctor {

// Those that forward, of all tables, one for each next hop. None, if the kernel does not answer.
std::vector<Route> kernel_routes();
std::vector<InterfaceAddress> kernel_addresses();

} // namespace mt6d::doctor
