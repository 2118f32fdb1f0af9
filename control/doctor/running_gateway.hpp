// SPDX-License-Identifier: BSD-3-Clause
// The gateway of a configuration, where it runs already.
#pragma once

#include "control/doctor/file_tree.hpp"

#include <cstdint>
#include <string>

namespace mt6d::doctor {

// What its process has of the machine's hugepages, in KiB; 0 if none runs with this file.
std::int64_t hugepages_of_running_gateway(const FileTree& files, const std::string& config_file);

} // namespace mt6d::doctor
