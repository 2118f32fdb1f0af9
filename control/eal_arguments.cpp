// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal_arguments.hpp"

#include "control/config/device.hpp"
#include "control/cpu_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace mt6d {

namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;

bool contains(std::span<const std::uint32_t> cpus, std::uint32_t cpu) {
    return std::find(cpus.begin(), cpus.end(), cpu) != cpus.end();
}

// Whether `argument` is the option, with or without a value: "--lcores", "--lcores=…", "-l", "-l0".
bool is_option(std::string_view argument, std::string_view option) {
    if (!argument.starts_with(option)) {
        return false;
    }
    return !option.starts_with("--") || argument.size() == option.size()
           || argument[option.size()] == '=';
}

template <std::size_t N>
const std::string* find_option(std::span<const std::string> extra,
                               const std::array<std::string_view, N>& options) {
    const auto found = std::find_if(extra.begin(), extra.end(), [&](const std::string& argument) {
        return std::any_of(options.begin(), options.end(),
                           [&](std::string_view option) { return is_option(argument, option); });
    });
    return found == extra.end() ? nullptr : &*found;
}

// One thread that EAL starts.
struct Thread {
    std::string key; // in the configuration
    config::Core core;
};

std::vector<Thread> threads_of(const config::Config& config) {
    std::vector<Thread> threads{{"control_core", config.control_core}};
    for (const config::Core& core : config.workers) {
        threads.push_back({"workers", core});
    }
    return threads;
}

std::optional<Error> check_core(const Thread& thread, const Machine& machine) {
    if (!thread.core || contains(machine.usable_cpus, *thread.core)) {
        return std::nullopt;
    }
    if (!contains(machine.online_cpus, *thread.core)) {
        return Error{fmt::format("{}: CPU {} is not online (online are {}): choose one of these, "
                                 "or any",
                                 thread.key, *thread.core, cpu_list(machine.online_cpus))};
    }
    return Error{fmt::format("{}: CPU {} is not allowed to this process (allowed are {}): choose "
                             "one of these, or any, or widen the CPU set of the container, service "
                             "or taskset that it runs in",
                             thread.key, *thread.core, cpu_list(machine.usable_cpus))};
}

// Threads without a CPU of their own float over those that nobody has to himself. Not over isolated
// ones, between which the scheduler moves nobody.
std::string lcore_map(std::span<const Thread> threads, const Machine& machine) {
    std::vector<std::uint32_t> shared = machine.allowed_cpus;
    std::erase_if(shared, [&](std::uint32_t cpu) {
        return std::any_of(threads.begin(), threads.end(),
                           [cpu](const Thread& thread) { return thread.core == cpu; });
    });
    if (shared.empty()) {
        shared = machine.allowed_cpus;
    }
    std::string map;
    for (std::size_t lcore = 0; lcore < threads.size(); ++lcore) {
        const auto& core = threads[lcore].core;
        map += fmt::format("{}{}@({})", lcore == 0 ? "" : ",", lcore,
                           core ? std::to_string(*core) : cpu_list(shared));
    }
    return map;
}

std::optional<Error> add_cores(const config::Config& config, const Machine& machine,
                               std::span<const std::string> extra, EalArguments& result) {
    constexpr std::array<std::string_view, 5> core_options{"--lcores", "--main-lcore", "-l", "-c",
                                                           "-s"};
    if (const std::string* option = find_option(extra, core_options); option != nullptr) {
        return Error{fmt::format("{} after --: cores follow from the configuration: set "
                                 "control_core and workers there",
                                 *option)};
    }
    const std::vector<Thread> threads = threads_of(config);
    if (threads.size() > machine.lcores) {
        return Error{fmt::format("workers: {} are more than EAL can run: give at most {}",
                                 config.workers.size(), machine.lcores - 1)};
    }
    for (const Thread& thread : threads) {
        if (auto error = check_core(thread, machine)) {
            return error;
        }
    }
    if (config.idle == config::Idle::poll && config.workers.size() >= machine.usable_cpus.size()) {
        result.warnings.push_back(fmt::format(
            "{} polling worker(s) and the control thread share {} CPU(s) ({}): they take turns, "
            "which costs packets and delay; allow more CPUs, or set idle: sleep",
            config.workers.size(), machine.usable_cpus.size(), cpu_list(machine.usable_cpus)));
    }
    for (std::size_t i = 0; i < threads.size(); ++i) {
        const auto same = [&](const Thread& other) { return other.core == threads[i].core; };
        const auto rest = std::span(threads).subspan(i + 1);
        if (threads[i].core && std::any_of(rest.begin(), rest.end(), same)) {
            result.warnings.push_back(fmt::format(
                "CPU {} is given to more than one thread by control_core and workers: they take "
                "turns on it",
                *threads[i].core));
        }
    }
    result.arguments.push_back("--lcores=" + lcore_map(threads, machine));
    result.arguments.push_back(fmt::format("--main-lcore={}", control_lcore));
    return std::nullopt;
}

std::string no_hugepages(const config::Config& config, const Machine& machine) {
    const std::string text =
        fmt::format("no hugepages: {} MiB of ordinary memory serve instead, which is slower and "
                    "which most physical ports cannot use",
                    config.memory_mib);
    if (machine.hugepage_size == 0) {
        return text + "; this kernel has no hugepages (say hugepages: off to have this not said)";
    }
    // The number in /proc counts all pages, those that others use too.
    const std::uint64_t needed =
        (config.memory_mib * mebibyte + machine.hugepage_size - 1) / machine.hugepage_size;
    const std::uint64_t used = machine.hugepages_total - machine.hugepages_free;
    return text
           + fmt::format("; reserve them with: echo {} > /proc/sys/vm/nr_hugepages (or say "
                         "hugepages: off to have this not said)",
                         used + needed);
}

void add_memory(const config::Config& config, const Machine& machine,
                std::span<const std::string> extra, bool has_pci, EalArguments& result) {
    constexpr std::array<std::string_view, 8> memory_options{
        "--no-huge",    "--in-memory",   "--legacy-mem", "--huge-dir",
        "--socket-mem", "--huge-unlink", "-m",           "--match-allocations"};
    if (find_option(extra, memory_options) != nullptr) {
        result.hugepages =
            find_option(extra, std::array<std::string_view, 1>{"--no-huge"}) == nullptr;
        return;
    }
    const bool enough = machine.hugepage_bytes_free >= config.memory_mib * mebibyte;
    result.hugepages = config.hugepages && enough;
    if (result.hugepages) {
        // In memory: needs no mount of hugetlbfs, leaves no file behind. One file a segment list:
        // a vhost-user peer can be given few file descriptors only.
        result.arguments.insert(result.arguments.end(), {"--in-memory", "--single-file-segments"});
        if (!has_pci) {
            // Addresses of memory that no hardware reads need not be physical ones; AF_XDP needs
            // its packet buffers in one piece, which physical addresses would break up.
            result.arguments.emplace_back("--iova-mode=va");
        }
    } else {
        if (config.hugepages) {
            result.warnings.push_back(no_hugepages(config, machine));
        }
        result.arguments.insert(result.arguments.end(), {"--no-huge", "--no-shconf"});
    }
    result.arguments.insert(result.arguments.end(), {"-m", std::to_string(config.memory_mib)});
}

// Some drivers would take a device from under the kernel's feet, and with it, it may be, the link
// by which the operator is logged in.
std::optional<Error> check_pci(const config::Device& device, const Machine& machine) {
    const auto found =
        std::find_if(machine.pci_devices.begin(), machine.pci_devices.end(),
                     [&](const PciDevice& candidate) { return candidate.name == device.name; });
    if (found == machine.pci_devices.end()) {
        return Error{fmt::format("{}: there is no such PCI device: mt6d-bind status lists "
                                 "what there is",
                                 device.name)};
    }
    // The last two share the device with their DPDK driver.
    constexpr std::array<std::string_view, 6> usable{"",        "vfio-pci",  "uio_pci_generic",
                                                     "igb_uio", "mlx4_core", "mlx5_core"};
    if (std::find(usable.begin(), usable.end(), found->driver) != usable.end()) {
        return std::nullopt;
    }
    const std::string& interface = found->interface;
    return Error{fmt::format(
        "{}: the kernel uses this device{} (driver {}): give it to DPDK with: mt6d-bind to "
        "vfio-pci {}{}",
        device.name, interface.empty() ? "" : " as " + interface, found->driver, device.name,
        interface.empty() ? "" : "; or leave it and write device: net_af_xdp0,iface=" + interface)};
}

// The device string as EAL takes it.
std::string device_argument(const config::Device& device, const std::string& text) {
    const auto comma = text.find(',');
    std::string argument = device.name + (comma == std::string::npos ? "" : text.substr(comma));
    // The driver's own 256 entries are three milliseconds of a gigabit: a burst that finds the
    // worker asleep would be lost.
    if (device.driver == "net_virtio_user" && !device.argument("queue_size")) {
        argument += ",queue_size=1024";
    }
    return argument;
}

} // namespace

DriverLibrary driver_library(std::string_view driver, std::string_view abi) {
    // virtio_user is part of the virtio driver's library.
    std::string name =
        fmt::format("librte_{}", driver == "net_virtio_user" ? "net_virtio" : driver);
    DriverLibrary library{.file = fmt::format("{}.so.{}", name, abi), .package = {}};
    std::replace(name.begin(), name.end(), '_', '-');
    library.package = fmt::format("{}{}", name, abi);
    return library;
}

Result<EalArguments> eal_arguments(const config::Config& config, const Machine& machine,
                                   std::span<const std::string> extra) {
    EalArguments result;
    if (auto error = add_cores(config, machine, extra, result)) {
        return std::move(*error);
    }
    result.arguments.push_back("--file-prefix=mt6d-" + config.name);

    std::vector<std::string> devices;
    bool has_pci = false;
    for (const std::string* text : {&config.internal.device, &config.external.device}) {
        const auto device = config::parse_device(*text);
        if (!device) {
            return device.error();
        }
        if (device->is_pci()) {
            has_pci = true;
            if (auto error = check_pci(*device, machine)) {
                return std::move(*error);
            }
        }
        devices.push_back((device->is_pci() ? "--allow=" : "--vdev=")
                          + device_argument(*device, *text));
    }
    // A virtual one is made by the crypto back end.
    if (!config.crypto_device.empty() && !config.crypto_device.starts_with("crypto_")) {
        has_pci = true;
        if (auto error = check_pci({config.crypto_device, "", {}}, machine)) {
            return std::move(*error).in("crypto_device");
        }
        devices.push_back("--allow=" + config.crypto_device);
    }
    add_memory(config, machine, extra, has_pci, result);
    // The list of allowed devices keeps EAL's hands off the machine's other ports.
    constexpr std::array<std::string_view, 4> device_options{"--allow", "-a", "--block", "-b"};
    if (!has_pci && find_option(extra, device_options) == nullptr) {
        result.arguments.emplace_back("--no-pci");
    }
    std::move(devices.begin(), devices.end(), std::back_inserter(result.arguments));
    if (!machine.runtime_directory) {
        result.arguments.emplace_back("--no-telemetry");
        result.warnings.emplace_back("EAL's runtime directory cannot be written: no telemetry "
                                     "socket; set RUNTIME_DIRECTORY to one that can");
    }
    // What EAL says at its level of notices holds for every start; that there is no socket of
    // the old telemetry is no news either.
    result.arguments.insert(result.arguments.end(),
                            {"--log-level=warning", "--log-level=lib.telemetry:error"});
    result.arguments.insert(result.arguments.end(), extra.begin(), extra.end());
    return result;
}

} // namespace mt6d
