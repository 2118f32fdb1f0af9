// SPDX-License-Identifier: BSD-3-Clause
// Streams: how they are.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/likely_cause.hpp"
#include "control/shell/stream_text.hpp"

#include <array>
#include <string>
#include <vector>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

Surroundings surroundings(const Environment& environment) {
    const auto window = environment.tally().window();
    constexpr auto reason = static_cast<std::size_t>(Reason::unprotected);
    constexpr std::size_t outside = index(dataplane::Side::external);
    return {.unprotected_outside = window.now.ports[outside].reasons[reason]
                                   - window.before.ports[outside].reasons[reason],
            .stopped = !environment.gateway().control().is_forwarding()};
}

Result<std::vector<StreamReport>> reports_of(const AskedStreams& asked, Environment& environment) {
    std::vector<StreamReport> reports;
    std::vector<StreamId> ids; // of those
    auto done = look_at(asked, environment, [&](Gateway& gateway, StreamId id) {
        ids.push_back(id);
        reports.push_back(
            {gateway.control().facts(id.slot), counts_of(gateway.streams().counters(id.slot)), {}});
    });
    if (!done) {
        return std::move(done).error();
    }
    const Surroundings around = surroundings(environment);
    for (std::size_t i = 0; i < reports.size(); ++i) {
        reports[i].counts = environment.tally().stream(ids[i], reports[i].counts);
        reports[i].cause = likely_cause(reports[i].facts, around);
    }
    return reports;
}

Result<Reply> show_streams(const Arguments& arguments, Environment& environment) {
    const auto asked = streams_asked_for(arguments, environment);
    if (!asked) {
        return asked.error();
    }
    const auto reports = reports_of(*asked, environment);
    if (!reports) {
        return reports.error();
    }
    Reply reply{.facts = {{"stream_count", asked->all}, {"streams", Json::array()}}};
    for (const StreamReport& report : *reports) {
        reply.facts["streams"].push_back(stream_json(report));
        reply.text += (reply.text.empty() ? "" : "\n") + stream_text(report);
    }
    reply.text += left_out_text(*asked);
    return reply;
}

constexpr std::array table{
    Command{"show streams [STREAM]",
            "A stream, or all: its ends, state, key, traffic, and what is likely wrong.",
            show_streams},
};

} // namespace

std::span<const Command> stream_commands() {
    return table;
}

} // namespace mt6d::shell
