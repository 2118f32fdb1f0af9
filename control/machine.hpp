// SPDX-License-Identifier: BSD-3-Clause
// What the machine offers: CPUs, hugepages, PCI devices.
#pragma once

#include "control/config/config.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mt6d {

// A PCI device as the kernel sees it.
struct PciDevice {
    std::string name;      // "0000:01:00.0"
    std::string driver;    // the kernel's that holds it; empty: none
    std::string interface; // the kernel's network interface on it; empty: none
};

struct Machine {
    std::vector<PciDevice> pci_devices;      // those of the configuration that there are
    std::vector<std::uint32_t> allowed_cpus; // what threads have by themselves, ascending
    std::vector<std::uint32_t> usable_cpus;  // what they may have: isolated ones too, ascending
    std::vector<std::uint32_t> online_cpus;  // ascending
    std::uint64_t hugepage_bytes_free = 0;   // over all page sizes
    std::uint64_t hugepage_size = 0;         // the default one, bytes; 0: the kernel has none
    std::uint64_t hugepages_total = 0;       // of the default size, free or not
    std::uint64_t hugepages_free = 0;
    bool runtime_directory = true; // EAL's can be written: there goes the telemetry socket
    unsigned lcores = 128;         // at most
};

// As found now, as far as the configuration needs it.
Machine inspect_machine(const config::Config& config);

} // namespace mt6d
