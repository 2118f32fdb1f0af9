// SPDX-License-Identifier: BSD-3-Clause
// Lets counters begin at 0, as far as this shell shows them: statistics and metrics count on.
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"

#include <array>
#include <unordered_map>

namespace mt6d::shell {
namespace {

using dataplane::Side;

void clear_ports(Environment& environment) {
    environment.tally().clear_ports({environment.device_statistics(Side::internal),
                                     environment.device_statistics(Side::external)});
}

void clear_workers(Environment& environment) {
    environment.tally().clear_workers();
}

void clear_drops(Environment& environment) {
    environment.gateway().empty_stream_drops(); // a list: it needs the room
    environment.tally().clear_drops();
}

void clear_streams(Environment& environment) {
    Gateway& gateway = environment.gateway();
    const StreamDirectoryPtr streams = gateway.directory();
    std::unordered_map<StreamId, StreamCounts> now;
    for (const StreamEntry& entry : streams->entries) {
        now.emplace(entry.id, counts_of(gateway.streams().counters(entry.id.slot)));
    }
    environment.tally().clear_streams(std::move(now));
}

using Part = void (*)(Environment& environment);

template <Part... parts>
Result<Reply> clear(const Arguments&, Environment& environment) {
    (parts(environment), ...);
    return Reply{.facts = {{"cleared", true}}};
}

constexpr std::array table{
    Command{"clear port stats", "Lets ports' counters begin at 0, in this shell's answers alone.",
            clear<clear_ports>},
    Command{"clear workers", "Likewise workers'.", clear<clear_workers>},
    Command{"clear streams", "Likewise streams'.", clear<clear_streams>},
    Command{"clear drops", "Likewise the counts of drops.", clear<clear_drops>},
    Command{"clear all", "All of these.",
            clear<clear_ports, clear_workers, clear_streams, clear_drops>},
};

} // namespace

std::span<const Command> clear_commands() {
    return table;
}

} // namespace mt6d::shell
