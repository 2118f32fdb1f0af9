// SPDX-License-Identifier: BSD-3-Clause
// From the configuration to the arguments of DPDK's environment abstraction layer (EAL): a pure
// function of the configuration and of what the machine offers.
#pragma once

#include "control/config/config.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d {

// Logical cores: threads that EAL starts, each on its CPU or floating over several.
inline constexpr unsigned control_lcore = 0;
inline constexpr unsigned first_worker_lcore = 1;

// What eal.cpp finds out about where it runs.
struct Machine {
    std::vector<std::uint32_t> allowed_cpus; // to this process (a container's CPU set), ascending
    std::vector<std::uint32_t> online_cpus;  // ascending
    std::uint64_t hugepage_bytes_free = 0;   // over all page sizes
    std::uint64_t hugepage_size = 0;         // the default one, bytes; 0: the kernel has none
    std::uint64_t hugepages_total = 0;       // of the default size, free or not
    std::uint64_t hugepages_free = 0;
    bool runtime_directory = true; // EAL's can be written: there goes the telemetry socket
    unsigned lcores = 128;         // at most
};

struct EalArguments {
    std::vector<std::string> arguments; // without a program name
    bool hugepages = false;
    std::vector<std::string> warnings; // to be said once, at start
};

// `extra` is what the operator adds. It comes last and is not checked, but that it must not
// contradict what the configuration says about cores; where it says how memory is to be got, the
// configuration is silent.
Result<EalArguments> eal_arguments(const config::Config& config, const Machine& machine,
                                   std::span<const std::string> extra);

// "0-2,5": CPU numbers, ascending, as the kernel and EAL write them, and back. Reading stops
// at what is no such list.
std::string cpu_list(std::span<const std::uint32_t> cpus);
std::vector<std::uint32_t> parse_cpu_list(std::string_view text);

// The Debian package that has the driver of a virtual device ("net_af_xdp"): its EAL plug-in is a
// library that need not be installed. `abi`: DPDK's, "23".
std::string driver_package(std::string_view driver, std::string_view abi);

} // namespace mt6d
