// SPDX-License-Identifier: BSD-3-Clause
// Interfaces on top of others, as /sys/class/net shows them, and where it does not.
#pragma once

#include "control/doctor/file_tree.hpp"

#include <string>
#include <vector>

namespace mt6d::doctor {

// Directly below: a bridge's ports, the members of a bond, the device of a VLAN, a PPPoE session's.
std::vector<std::string> below(const FileTree& files, const std::string& interface);

struct Member {
    std::string interface;
    std::string upper;
};

// Those on which something lies that is no bridge, bond or VLAN: an Open vSwitch, say, of which
// nothing tells which of its ports carries what.
std::vector<Member> members_of_unknown(const FileTree& files);

// Whether its packets leave by another interface, and nothing tells by which: PPP, a tunnel.
bool leaves_by_unknown(const FileTree& files, const std::string& interface);
bool is_up(const FileTree& files, const std::string& interface);
// Interfaces with a device behind them that are up.
std::vector<std::string> cards_in_use(const FileTree& files);

} // namespace mt6d::doctor
