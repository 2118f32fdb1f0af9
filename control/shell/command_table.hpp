// SPDX-License-Identifier: BSD-3-Clause
// Every command that there is, and what they have in common.
#pragma once

#include "control/shell/command.hpp"

#include <span>

namespace mt6d::shell {

// In the order of help; made once.
std::span<const Command> commands();

// Those of one subject, each in the file of that name.
std::span<const Command> session_commands();
std::span<const Command> forwarding_commands();
std::span<const Command> port_commands();
std::span<const Command> worker_commands();
std::span<const Command> stream_commands();
std::span<const Command> stream_orders();
std::span<const Command> reload_commands();
std::span<const Command> route_commands();
std::span<const Command> neighbor_commands();
std::span<const Command> drop_commands();
std::span<const Command> trace_commands();
std::span<const Command> capture_commands();
std::span<const Command> simulate_commands();
std::span<const Command> clear_commands();
std::span<const Command> process_commands();
std::span<const Command> output_commands();

} // namespace mt6d::shell
