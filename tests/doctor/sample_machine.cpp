// SPDX-License-Identifier: BSD-3-Clause
#include "tests/doctor/sample_machine.hpp"

#include "tests/unit/memory_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace mt6d::doctor {

namespace fs = std::filesystem;

SampleMachine::SampleMachine() {
    put_cpus();
    put_memory();
    put_network();
    put_process();
    for (const auto& [address, group] : {std::pair{inside, "11"}, {outside, "12"}}) {
        put_nic({.address = address, .driver = "vfio-pci", .group = group});
        put("/dev/vfio/" + std::string(group), "");
    }
    put("/dev/vfio/vfio", "");
    put_nic({.address = management, .driver = "igb", .interface = "eth0", .group = "13"});
    put("/proc/sys/kernel/osrelease", "6.1.0");
    put("/lib/modules/6.1.0/modules.alias", "alias pci:v00008086d00001572* i40e\n");
    put("/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_i40e.so.23", "");
    put("/usr/sbin/chronyd", "");
    configure(inside, outside);
}

void SampleMachine::put_cpus() const {
    put("/sys/devices/system/cpu/online", "0-3");
    put("/sys/devices/system/cpu/isolated", "2-3");
    put("/sys/devices/system/cpu/nohz_full", "2-3");
    put("/sys/devices/system/node/online", "0-1");
    put("/sys/devices/system/node/node0/cpulist", "2-3");
    put("/sys/devices/system/node/node1/cpulist", "0-1");
}

void SampleMachine::put_memory() const {
    put("/proc/meminfo", "MemTotal: 1 kB\nHugepagesize: 2048 kB\n");
    for (const std::string folder :
         {"/sys/kernel/mm/hugepages", "/sys/devices/system/node/node0/hugepages"}) {
        put(folder + "/hugepages-2048kB/nr_hugepages", "512");
        put(folder + "/hugepages-2048kB/free_hugepages", "512");
    }
}

void SampleMachine::put_network() const {
    put("/proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
                           "eth0 00000000 0102A8C0 0003 0 0 0 00000000\n"
                           "eth0 0002A8C0 00000000 0001 0 0 0 00FFFFFF\n");
    put("/proc/net/ipv6_route", "");
    put("/proc/net/tcp", "");
    put("/proc/net/tcp6", "");
    put_interface("eth0");
}

void SampleMachine::put_process() const {
    put("/proc/self/status", fmt::format("Uid: {0} {0} {0} {0}\nGid: {1} {1} {1} {1}\nGroups:\n"
                                         "CapEff: 0000000000000000\nCpus_allowed_list: 0-1\n",
                                         ::geteuid(), ::getegid()));
    put("/proc/self/limits", "Max locked memory unlimited unlimited bytes\n");
    make_directory("/var/lib/mt6d", 0700);
    make_directory("/run/mt6d");
}

void SampleMachine::put(const std::string& path, const std::string& text) const {
    const fs::path real = directory_.path() + path;
    fs::create_directories(real.parent_path());
    std::ofstream(real) << text << '\n';
}

void SampleMachine::link(const std::string& path, const std::string& target) const {
    const fs::path real = directory_.path() + path;
    fs::create_directories(real.parent_path());
    fs::remove(real);
    fs::create_symlink(target, real);
}

void SampleMachine::remove(const std::string& path) const {
    fs::remove_all(directory_.path() + path);
}

void SampleMachine::make_directory(const std::string& path, unsigned mode) const {
    fs::create_directories(directory_.path() + path);
    ::chmod((directory_.path() + path).c_str(), mode);
}

void SampleMachine::put_nic(const Nic& nic) const {
    const std::string folder = "/sys/bus/pci/devices/" + nic.address;
    remove(folder);
    put(folder + "/class", "0x020000");
    put(folder + "/modalias", nic.modalias);
    put(folder + "/numa_node", "0");
    if (!nic.driver.empty()) {
        link(folder + "/driver", "../../drivers/" + nic.driver);
    }
    if (!nic.interface.empty()) {
        make_directory(folder + "/net/" + nic.interface);
    }
    if (!nic.group.empty()) {
        link(folder + "/iommu_group", "../../../kernel/iommu_groups/" + nic.group);
        make_directory("/sys/kernel/iommu_groups/" + nic.group + "/devices/" + nic.address);
    }
}

void SampleMachine::put_interface(const std::string& name, unsigned mtu) const {
    put("/sys/class/net/" + name + "/flags", "0x1003");
    put("/sys/class/net/" + name + "/carrier", "1");
    put("/sys/class/net/" + name + "/mtu", std::to_string(mtu));
}

void SampleMachine::configure(const std::string& internal, const std::string& external,
                              const std::string& more) {
    const std::string text =
        fmt::format("internal: {{ device: \"{}\" }}\n"
                    "external: {{ device: \"{}\", default_router: fe80::1 }}\n"
                    "hosts:\n"
                    "  - {{ name: alice, address: 2001:db8:1::a, mac: 02:00:00:00:00:0a }}\n"
                    "  - {{ name: bob, address: 2001:db8:2::b, mac: 02:00:00:00:00:0b }}\n"
                    "streams:\n  - {{ local: alice, remote: bob, key_file: ab.key }}\n"
                    "{}\n",
                    internal, external, more.empty() ? "workers: [2]\ncontrol_core: 0" : more);
    config::MemoryFiles key_files;
    key_files.texts["ab.key"] = std::string(128, 'a') + "\n";
    config::Loaded loaded = config::load_text(text, "site.yaml", {}, key_files);
    if (!loaded.config) {
        throw std::runtime_error(loaded.errors.front().text());
    }
    config_ = std::move(loaded.config);
}

std::vector<Finding> SampleMachine::examine(std::string_view name) const {
    const auto checks = all_checks();
    const auto check = std::find_if(checks.begin(), checks.end(),
                                    [&](const Check& one) { return one.name == name; });
    Findings findings;
    check->run({.files = files(),
                .clock = clock,
                .config_file = "site.yaml",
                .complaints = {},
                .config = config_},
               findings);
    return findings.all();
}

} // namespace mt6d::doctor
