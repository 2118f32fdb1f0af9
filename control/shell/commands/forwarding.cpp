// SPDX-License-Identifier: BSD-3-Clause
// Forwarding: on or off.
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"

#include <array>

namespace mt6d::shell {
namespace {

Reply state(bool forwarding) {
    return {.facts = {{"forwarding", forwarding}},
            .text = forwarding ? "forwarding\n" : "stopped: every packet is dropped\n"};
}

Result<Reply> start(const Arguments&, Environment& environment) {
    auto done = environment.on_control([&] { environment.gateway().control().start_forwarding(); });
    return done ? state(true) : Result<Reply>(std::move(done).error());
}

Result<Reply> stop(const Arguments&, Environment& environment) {
    auto done = environment.on_control([&] { environment.gateway().control().stop_forwarding(); });
    return done ? state(false) : Result<Reply>(std::move(done).error());
}

Result<Reply> show_forwarding(const Arguments&, Environment& environment) {
    return state(environment.gateway().control().is_forwarding());
}

constexpr std::array table{
    Command{"start", "Forwards again, after stop.", start, Effect::changes},
    Command{"stop", "Drops every packet, until start; rotation goes on, counters and keys stay.",
            stop, Effect::changes},
    Command{"show forwarding", "Whether packets are forwarded.", show_forwarding},
};

} // namespace

std::span<const Command> forwarding_commands() {
    return table;
}

} // namespace mt6d::shell
