// SPDX-License-Identifier: BSD-3-Clause
// Commands that more than one check proposes.
#pragma once

#include <string>
#include <string_view>

namespace mt6d::doctor {

// One word of a command: as it is where no shell would make something else of it.
std::string quoted_for_shell(std::string_view word);

// Adds parameters to the kernel's command line, from the next boot on. In a file of its own,
// named after the topic: what GRUB has already stays, and a second time changes nothing.
std::string add_kernel_parameters(std::string_view topic, std::string_view parameters);
// Removes one from there.
std::string remove_kernel_parameter(std::string_view parameter);
// `line` is what should stand in the configuration.
std::string edit(std::string_view file, std::string_view line);
// Gives NICs to DPDK (tools/bind), now and after each boot.
std::string bind_to_vfio(std::string_view devices);

} // namespace mt6d::doctor
