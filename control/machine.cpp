// SPDX-License-Identifier: BSD-3-Clause
#include "control/machine.hpp"

#include "control/config/device.hpp"
#include "control/cpu_list.hpp"
#include "control/usable_cpus.hpp"

#include <rte_config.h>

#include <sched.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace mt6d {

namespace {

std::vector<std::uint32_t> allowed_cpus() {
    std::vector<std::uint32_t> cpus;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        for (std::uint32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &set)) {
                cpus.push_back(cpu);
            }
        }
    }
    return cpus;
}

std::vector<std::uint32_t> read_cpus(const char* file) {
    std::string list;
    std::ifstream(file) >> list;
    return parse_cpu_list(list);
}

std::uint64_t read_number(const std::filesystem::path& file) {
    std::uint64_t value = 0;
    std::ifstream(file) >> value;
    return value;
}

// Of the pages that "echo N > /proc/sys/vm/nr_hugepages" reserves, bytes.
std::uint64_t default_hugepage_size() {
    std::ifstream meminfo("/proc/meminfo");
    std::string key;
    std::uint64_t value = 0;
    for (std::string rest; meminfo >> key >> value; std::getline(meminfo, rest)) {
        if (key == "Hugepagesize:") {
            return value * 1024;
        }
    }
    return 0;
}

void find_hugepages(Machine& machine) {
    const std::uint64_t usual = default_hugepage_size();
    std::error_code failure;
    for (const auto& entry :
         std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", failure)) {
        constexpr std::string_view prefix = "hugepages-"; // hugepages-2048kB
        const std::string name = entry.path().filename();
        if (!name.starts_with(prefix)) {
            continue;
        }
        const std::uint64_t size = std::strtoull(name.c_str() + prefix.size(), nullptr, 10) * 1024;
        const std::uint64_t unused = read_number(entry.path() / "free_hugepages");
        // Free, but promised to someone who has mapped and not yet touched them.
        const std::uint64_t promised = read_number(entry.path() / "resv_hugepages");
        const std::uint64_t pages = unused - std::min(unused, promised);
        machine.hugepage_bytes_free += pages * size;
        if (size == usual) {
            machine.hugepage_size = size;
            machine.hugepages_total = read_number(entry.path() / "nr_hugepages");
            machine.hugepages_free = pages;
        }
    }
}

// Where EAL makes its directory; it makes no parents.
bool runtime_directory_usable(const std::string& file_prefix) {
    const char* base = std::getenv("RUNTIME_DIRECTORY");
    if (base == nullptr) {
        base = getuid() == 0 ? "/var/run" : std::getenv("XDG_RUNTIME_DIR");
    }
    const std::string directory = std::string(base == nullptr ? "/tmp" : base) + "/dpdk";
    const std::string socket = directory + "/" + file_prefix + "/dpdk_telemetry.v2:99";
    return socket.size() < sizeof(sockaddr_un::sun_path)
           && (mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST)
           && access(directory.c_str(), R_OK | W_OK | X_OK) == 0;
}

void find_pci_device(const std::string& text, Machine& machine) {
    const auto device = config::parse_device(text);
    const std::filesystem::path folder =
        "/sys/bus/pci/devices/" + (device ? device->name : std::string());
    std::error_code failure;
    if (!device || !device->is_pci() || !std::filesystem::exists(folder, failure)) {
        return;
    }
    PciDevice found{.name = device->name, .driver = {}, .interface = {}};
    found.driver = std::filesystem::read_symlink(folder / "driver", failure).filename();
    // virtio puts a device of its own in between.
    for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
        const bool between = entry.path().filename().string().starts_with("virtio");
        const auto net = entry.path().filename() == "net" ? entry.path() : entry.path() / "net";
        if (between || net == entry.path()) {
            for (const auto& interface : std::filesystem::directory_iterator(net, failure)) {
                found.interface = interface.path().filename();
            }
        }
    }
    machine.pci_devices.push_back(std::move(found));
}

} // namespace

Machine inspect_machine(const config::Config& config) {
    Machine machine;
    machine.allowed_cpus = allowed_cpus();
    machine.usable_cpus =
        usable_cpus(machine.allowed_cpus, read_cpus(isolated_cpus_file), kernel_permits);
    machine.online_cpus = read_cpus("/sys/devices/system/cpu/online");
    if (machine.online_cpus.empty()) { // a container's /sys may lack it
        machine.online_cpus = machine.usable_cpus;
    }
    find_hugepages(machine);
    find_pci_device(config.internal.device, machine);
    find_pci_device(config.external.device, machine);
    machine.runtime_directory = runtime_directory_usable("mt6d-" + config.name);
    machine.lcores = RTE_MAX_LCORE;
    return machine;
}

} // namespace mt6d
