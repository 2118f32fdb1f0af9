// SPDX-License-Identifier: BSD-3-Clause
// The CPUs that this process may put a thread on.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace mt6d {

// Where the kernel's list of isolated CPUs (isolcpus=) is.
inline constexpr const char* isolated_cpus_file = "/sys/devices/system/cpu/isolated";

// `allowed` is what a new thread has by itself. The kernel takes isolated CPUs out of that, for all
// processes, and lets them be asked for all the same: `permits` says of which this is true, as a
// CPU set of a container or service may forbid them. Ascending.
std::vector<std::uint32_t> usable_cpus(std::span<const std::uint32_t> allowed,
                                       std::span<const std::uint32_t> isolated,
                                       const std::function<bool(std::uint32_t)>& permits);

// Asks the kernel, by putting a thread there for a moment. Not on a worker: starts a thread.
bool kernel_permits(std::uint32_t cpu);

} // namespace mt6d
