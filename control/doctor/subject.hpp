// SPDX-License-Identifier: BSD-3-Clause
// What the doctor examines: a machine, and the configuration that a gateway would have there.
#pragma once

#include "control/config/config.hpp"
#include "control/config/device.hpp"
#include "control/doctor/file_tree.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mt6d::doctor {

// What the kernel was told of the clock (adjtimex(2)).
struct ClockState {
    bool synchronised = false;
    std::chrono::microseconds estimated_error{0};
};

struct Subject {
    FileTree files;
    ClockState clock;
    std::string config_file;              // empty: none was named
    std::vector<std::string> complaints;  // of the loader, if it could not be read
    std::optional<config::Config> config; // none: none was named, or it could not be read
};

// A port of the configuration.
struct ExaminedPort {
    std::string role; // "internal"
    config::Port config;
    config::Device device;
    std::string interface; // the kernel's that the driver works on; empty: none
};

// None, without a configuration.
std::vector<ExaminedPort> ports_of(const Subject& subject);
// Those that are NICs.
std::vector<ExaminedPort> pci_ports_of(const Subject& subject);
// CPUs that workers have to themselves.
std::vector<std::uint32_t> worker_cpus_of(const Subject& subject);

// The kernel's clock, as it is now.
ClockState read_clock();

} // namespace mt6d::doctor
