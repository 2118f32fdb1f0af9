// SPDX-License-Identifier: BSD-3-Clause
#include "control/usable_cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <iterator>
#include <thread>

namespace mt6d {

std::vector<std::uint32_t> usable_cpus(std::span<const std::uint32_t> allowed,
                                       std::span<const std::uint32_t> isolated,
                                       const std::function<bool(std::uint32_t)>& permits) {
    std::vector<std::uint32_t> usable(allowed.begin(), allowed.end());
    std::copy_if(isolated.begin(), isolated.end(), std::back_inserter(usable), permits);
    std::sort(usable.begin(), usable.end());
    usable.erase(std::unique(usable.begin(), usable.end()), usable.end());
    return usable;
}

bool kernel_permits(std::uint32_t cpu) {
    if (cpu >= CPU_SETSIZE) {
        return false;
    }
    bool permitted = false;
    std::thread([&] {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        permitted = sched_setaffinity(0, sizeof(set), &set) == 0;
    }).join();
    return permitted;
}

} // namespace mt6d
