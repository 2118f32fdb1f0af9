// SPDX-License-Identifier: BSD-3-Clause
// control: how an operator reaches the running gateway.
#include "control/config/scalars.hpp"
#include "control/config/sections.hpp"

namespace mt6d::config {

void read_control(Section& root, Config& config) {
    config.control.socket = "/run/mt6d/" + config.name + ".sock";
    const Value* const value = root.find("control");
    if (value == nullptr) {
        return;
    }
    Section section(*value, "control", root.diagnostics());
    section.read("socket", config.control.socket, parse_socket);
    section.read("group", config.control.group, parse_group);
}

} // namespace mt6d::config
