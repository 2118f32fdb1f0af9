// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/checks.hpp"
#include "control/doctor/lifelines.hpp"
#include "control/doctor/remedy.hpp"
#include "control/doctor/routes.hpp"
#include "control/doctor/stacked.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::doctor {

namespace {

// IPv4 addresses show by the routes that they bring; link-local IPv6 ones are on every interface.
bool has_address(const FileTree& files, const std::string& interface) {
    const auto addresses = interface_addresses(files);
    if (std::any_of(addresses.begin(), addresses.end(), [&](const InterfaceAddress& own) {
            return own.interface == interface && !own.address.is_link_local();
        })) {
        return true;
    }
    const auto lines = files.lines("/proc/net/route");
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        const auto fields = words(line);
        return !fields.empty() && fields[0] == interface;
    });
}

void check_interface(const FileTree& files, const ExaminedPort& port, Findings& findings) {
    const std::string& name = port.interface;
    const std::string what = fmt::format("{} port: {}", port.role, name);
    if (!files.exists("/sys/class/net/" + name)) {
        findings.wrong(what + " is not there", "ip link show");
        return;
    }
    const auto lines = lifelines(files);
    const auto lifeline = std::find_if(
        lines.begin(), lines.end(), [&](const Lifeline& line) { return line.interface == name; });
    if (lifeline != lines.end()) {
        findings.wrong(fmt::format("{} is how this machine is reached ({}): the gateway would "
                                   "take its packets; choose another interface",
                                   what, lifeline->reason));
        return;
    }
    bool well = true;
    if (has_address(files, name)) {
        well = false;
        findings.wrong(what
                           + " carries addresses: this machine's kernel would speak on it too, "
                             "past the gateway",
                       "ip address flush dev " + quoted_for_shell(name));
    }
    if (!is_up(files, name)) {
        well = false;
        findings.note(what + " is down: the gateway brings it up",
                      fmt::format("ip link set {} up", quoted_for_shell(name)));
    } else if (files.text("/sys/class/net/" + name + "/carrier") == "0") {
        well = false;
        findings.note(what + " has no link: see to its cable, or to its peer");
    }
    if (well) {
        findings.ok(what + " is up, and carries no addresses");
    }
}

} // namespace

void check_interfaces(const Subject& subject, Findings& findings) {
    bool any = false;
    for (const ExaminedPort& port : ports_of(subject)) {
        if (!port.interface.empty()) {
            any = true;
            check_interface(subject.files, port, findings);
        }
    }
    if (!any) {
        findings.ok(subject.config ? "no port is an interface of the kernel's"
                                   : "no ports are known");
    }
}

} // namespace mt6d::doctor
