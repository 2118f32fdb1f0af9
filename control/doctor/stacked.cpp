// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/stacked.hpp"

#include <net/if_arp.h>

#include <cstdlib>
#include <set>
#include <string_view>

namespace mt6d::doctor {

namespace {

constexpr std::string_view interfaces = "/sys/class/net/";

std::string folder_of(const std::string& interface) {
    return std::string(interfaces) + interface;
}

// /sys has a link "lower_eth1", "upper_bond0" in the folder of the other.
std::vector<std::string> linked(const FileTree& files, const std::string& interface,
                                std::string_view prefix) {
    std::vector<std::string> found;
    for (const std::string& name : files.names(folder_of(interface))) {
        if (name.starts_with(prefix)) {
            found.push_back(name.substr(prefix.size()));
        }
    }
    return found;
}

// Of these the links to what is below them are all there is to know.
bool is_transparent(const FileTree& files, const std::string& interface) {
    for (const std::string_view kind : {"bridge", "bond", "vlan"}) {
        for (const std::string& line : files.lines(folder_of(interface) + "/uevent")) {
            if (line == "DEVTYPE=" + std::string(kind)) {
                return true;
            }
        }
    }
    return false;
}

// A PPPoE session is not told from another, so its interface may lie on any that has one.
std::vector<std::string> carriers_of_pppoe(const FileTree& files) {
    std::vector<std::string> found;
    for (const std::string& line : files.lines("/proc/net/pppoe")) {
        const auto fields = words(line); // Id Address Device
        if (fields.size() == 3 && fields[0] != "Id") {
            found.push_back(fields[2]);
        }
    }
    return found;
}

bool is_card(const FileTree& files, const std::string& interface) {
    return files.exists(folder_of(interface) + "/device");
}

} // namespace

std::vector<std::string> below(const FileTree& files, const std::string& interface) {
    const bool is_ppp = files.number(folder_of(interface) + "/type") == ARPHRD_PPP;
    return is_ppp ? carriers_of_pppoe(files) : linked(files, interface, "lower_");
}

std::vector<Member> members_of_unknown(const FileTree& files) {
    std::vector<Member> found;
    for (const std::string& interface : files.names(interfaces)) {
        for (const std::string& upper : linked(files, interface, "upper_")) {
            if (!is_transparent(files, upper)) {
                found.push_back({interface, upper});
            }
        }
    }
    return found;
}

bool leaves_by_unknown(const FileTree& files, const std::string& interface) {
    const auto type = files.number(folder_of(interface) + "/type");
    const bool has_own_wire = !type || type == ARPHRD_ETHER || type == ARPHRD_INFINIBAND;
    return !has_own_wire && !is_card(files, interface) && below(files, interface).empty();
}

bool is_up(const FileTree& files, const std::string& interface) {
    constexpr unsigned long up = 1; // IFF_UP
    const std::string flags = files.text(folder_of(interface) + "/flags");
    return (std::strtoul(flags.c_str(), nullptr, 16) & up) != 0;
}

std::vector<std::string> cards_in_use(const FileTree& files) {
    std::vector<std::string> found;
    for (const std::string& interface : files.names(interfaces)) {
        if (is_card(files, interface) && is_up(files, interface)) {
            found.push_back(interface);
        }
    }
    return found;
}

} // namespace mt6d::doctor
