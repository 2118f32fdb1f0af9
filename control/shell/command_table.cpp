// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/command_table.hpp"

#include <vector>

namespace mt6d::shell {

std::span<const Command> commands() {
    static const std::vector<Command> all = [] {
        std::vector<Command> table;
        for (const auto subject :
             {session_commands(), forwarding_commands(), port_commands(), worker_commands(),
              stream_commands(), stream_orders(), reload_commands(), route_commands(),
              neighbor_commands(), drop_commands(), trace_commands(), capture_commands(),
              simulate_commands(), clear_commands(), process_commands(), output_commands()}) {
            table.insert(table.end(), subject.begin(), subject.end());
        }
        return table;
    }();
    return all;
}

} // namespace mt6d::shell
