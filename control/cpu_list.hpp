// SPDX-License-Identifier: BSD-3-Clause
// Lists of CPU numbers as text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d {

// "0-2,5": CPU numbers, ascending, as the kernel and EAL write them, and back. Reading stops
// at what is no such list.
std::string cpu_list(std::span<const std::uint32_t> cpus);
std::vector<std::uint32_t> parse_cpu_list(std::string_view text);

} // namespace mt6d
