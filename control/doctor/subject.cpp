// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/subject.hpp"

#include <sys/timex.h>

#include <utility>

namespace mt6d::doctor {

namespace {

// net_tap makes its interface, and net_vhost's is a socket.
std::string interface_of(const config::Device& device) {
    if (device.driver != "net_af_packet" && device.driver != "net_af_xdp"
        && device.driver != "net_pcap") {
        return {};
    }
    return device.argument("iface").value_or("");
}

} // namespace

std::vector<ExaminedPort> ports_of(const Subject& subject) {
    std::vector<ExaminedPort> ports;
    if (!subject.config) {
        return ports;
    }
    const config::Config& config = *subject.config;
    for (const auto& [role, port] :
         {std::pair<const char*, const config::Port&>("internal", config.internal),
          {"external", config.external}}) {
        if (auto device = config::parse_device(port.device)) {
            std::string interface = interface_of(*device);
            ports.push_back({role, port, *std::move(device), std::move(interface)});
        }
    }
    return ports;
}

std::vector<ExaminedPort> pci_ports_of(const Subject& subject) {
    std::vector<ExaminedPort> ports = ports_of(subject);
    std::erase_if(ports, [](const ExaminedPort& port) { return !port.device.is_pci(); });
    return ports;
}

std::vector<std::uint32_t> worker_cpus_of(const Subject& subject) {
    std::vector<std::uint32_t> cpus;
    if (subject.config) {
        for (const config::Core& core : subject.config->workers) {
            if (core) {
                cpus.push_back(*core);
            }
        }
    }
    return cpus;
}

ClockState read_clock() {
    timex question{}; // no modes: changes nothing, and needs no privilege
    const int state = ::adjtimex(&question);
    return {state >= 0 && state != TIME_ERROR && (question.status & STA_UNSYNC) == 0,
            std::chrono::microseconds(question.esterror)};
}

} // namespace mt6d::doctor
