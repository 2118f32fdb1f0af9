// SPDX-License-Identifier: BSD-3-Clause
// From the configuration to the arguments of DPDK's environment abstraction layer (EAL): a pure
// function of the configuration and of what the machine offers.
#pragma once

#include "control/config/config.hpp"
#include "control/machine.hpp"

#include <mt6d/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d {

// Logical cores: threads that EAL starts, each on its CPU or floating over several.
inline constexpr unsigned control_lcore = 0;
inline constexpr unsigned first_worker_lcore = 1;

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

// The driver of a virtual device ("net_af_xdp") is a plug-in of EAL that need not be installed:
// its file name, and the Debian package that has it. `abi`: DPDK's, "23".
struct DriverLibrary {
    std::string file;
    std::string package;
};
DriverLibrary driver_library(std::string_view driver, std::string_view abi);

} // namespace mt6d
