// SPDX-License-Identifier: BSD-3-Clause
// What would happen to a packet.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/hex.hpp"
#include "control/shell/inspected.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

bool has_stage(const dataplane::TraceRecord& record, dataplane::Stage stage) {
    const auto* const end = record.steps.begin() + record.step_count;
    return std::any_of(record.steps.begin(), end,
                       [&](const auto& step) { return step.stage == stage; });
}

Result<Reply> simulate(const Arguments& arguments, Environment& environment) {
    const auto frame = octets_from_hex(arguments.text("HEX"));
    if (!frame) {
        return frame.error();
    }
    const auto simulated = environment.simulator().run(ports_asked_for(arguments).front(), *frame);
    if (!simulated) {
        return simulated.error();
    }
    const TracedPacket packet = traced({&simulated->record, 1}, environment).front();
    Reply reply{.facts = trace_json(packet), .text = trace_text(packet, "simulated, nothing sent")};
    reply.facts["leaves"] = Json::array();
    const bool unsealed = has_stage(simulated->record, dataplane::Stage::sealed);
    reply.facts["shown_unsealed"] = unsealed;
    for (const auto& [side, octets] : simulated->departures) {
        reply.facts["leaves"].push_back({{"port", name(side)}, {"hex", hex_of(octets)}});
        reply.text +=
            fmt::format("leaves by the {} port, {} bytes{}\n  {}\n", name(side), octets.size(),
                        unsealed ? ", shown before it is sealed" : "", hex_of(octets));
    }
    return reply;
}

constexpr std::array table{
    Command{"simulate packet HEX port PORT",
            "What would happen to a frame that came in by a port now: nothing is sent or changed.",
            simulate},
};

} // namespace

std::span<const Command> simulate_commands() {
    return table;
}

} // namespace mt6d::shell
