// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/remedy.hpp"
#include "control/port.hpp"

#include <mt6d/wire.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::doctor {

namespace {

constexpr std::uint32_t usual_mtu = 1500;

// What the configuration says, or the interface, or, of a NIC that no kernel driver has, what it
// has unless told otherwise.
std::uint32_t mtu_of(const FileTree& files, const ExaminedPort& port) {
    if (port.config.mtu) {
        return *port.config.mtu;
    }
    const auto set = files.number("/sys/class/net/" + port.interface + "/mtu");
    return port.interface.empty() || !set ? usual_mtu : static_cast<std::uint32_t>(*set);
}

// The command that gives a port this MTU.
std::string set_mtu(const Subject& subject, const ExaminedPort& port, std::uint32_t mtu) {
    if (port.interface.empty() || port.config.mtu) {
        return edit(subject.config_file, fmt::format("{}: mtu: {}", port.role, mtu));
    }
    return fmt::format("ip link set {} mtu {}", quoted_for_shell(port.interface), mtu);
}

// The largest packet of a host that fits into one of the tunnel's, of the stream that can least.
std::uint32_t smallest_inner(const config::Config& config, std::uint32_t mtu) {
    std::uint32_t smallest = mtu;
    for (const config::Stream& stream : config.streams) {
        smallest = std::min(smallest, inner_mtu(mtu, stream.options.cipher));
    }
    return smallest;
}

} // namespace

void check_mtu(const Subject& subject, Findings& findings) {
    const auto ports = ports_of(subject);
    if (ports.size() != 2) {
        findings.ok("no ports are known");
        return;
    }
    const ExaminedPort& internal = ports[0];
    const ExaminedPort& external = ports[1];
    for (const ExaminedPort& port : ports) {
        const std::uint32_t mtu = mtu_of(subject.files, port);
        if (port.device.driver == "net_af_xdp" && mtu > af_xdp_largest_mtu) {
            findings.wrong(
                fmt::format("{} port: AF_XDP cannot carry its MTU of {}", port.role, mtu),
                set_mtu(subject, port, af_xdp_largest_mtu));
        }
    }
    const std::uint32_t outside = mtu_of(subject.files, external);
    const std::uint32_t inside = mtu_of(subject.files, internal);
    const std::uint32_t fits = smallest_inner(*subject.config, outside);
    const std::uint32_t overhead = outside - fits;
    if (fits < ipv6_minimum_mtu) {
        findings.note(fmt::format("external port: MTU {} takes packets of {} bytes into the "
                                  "tunnel, and IPv6 promises {}: larger ones travel in two "
                                  "fragments",
                                  outside, fits, ipv6_minimum_mtu),
                      set_mtu(subject, external, ipv6_minimum_mtu + overhead));
    } else if (fits < inside) {
        findings.ok(fmt::format("hosts learn that their packets may have {} bytes; for {} the "
                                "external port and the path need an MTU of {}",
                                fits, inside, inside + overhead));
    } else {
        findings.ok(
            fmt::format("hosts' packets of {} bytes fit, if the path carries {}", inside, outside));
    }
}

} // namespace mt6d::doctor
