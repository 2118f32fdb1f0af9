// SPDX-License-Identifier: BSD-3-Clause
// The process: version, configuration, memory.
#include "control/shell/command_table.hpp"
#include "control/shell/config_json.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/memory_facts.hpp"
#include "control/shell/text.hpp"

#include <rte_version.h>

#include <unistd.h>

#include <array>
#include <vector>

namespace mt6d::shell {
namespace {

Result<Reply> show_version(const Arguments&, Environment& environment) {
    const config::Config& config = environment.gateway().config();
    Reply reply{.facts = {{"version", MT6D_VERSION},
                          {"dpdk", rte_version()},
                          {"name", config.name},
                          {"configuration", config.file},
                          {"process", getpid()},
                          {"uptime_seconds", environment.uptime().count()}}};
    Sheet sheet("mt6d-gateway " MT6D_VERSION);
    sheet.add("name", config.name);
    sheet.add("configuration", config.file);
    sheet.add("process", std::to_string(getpid()));
    sheet.add("up for", duration_text(environment.uptime().count()));
    sheet.add("DPDK", rte_version());
    reply.text = sheet.text();
    return reply;
}

Result<Reply> show_config(const Arguments&, Environment& environment) {
    const StreamDirectoryPtr directory = environment.gateway().directory();
    std::vector<config::StreamPtr> streams;
    for (const StreamEntry& entry : directory->entries) {
        streams.push_back(entry.stream);
    }
    Reply reply{.facts = config_json(environment.reloader().settings(), streams)};
    reply.text = outline(reply.facts);
    return reply;
}

Result<Reply> show_memory(const Arguments&, Environment& environment) {
    Reply reply{.facts = memory_facts(environment.gateway())};
    reply.text = memory_text(reply.facts);
    return reply;
}

constexpr std::array table{
    Command{"show version", "Which gateway this is, of which version, and since when.",
            show_version},
    Command{"show config", "The configuration in force; of keys, only whether they are set.",
            show_config},
    Command{"show memory", "Packet buffers, DPDK's heap, tables, and the process.", show_memory},
};

} // namespace

std::span<const Command> process_commands() {
    return table;
}

} // namespace mt6d::shell
