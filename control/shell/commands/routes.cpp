// SPDX-License-Identifier: BSD-3-Clause
// Routes: the pairs of hashed addresses that streams have.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;
using Align = Table::Align;

struct StreamRoutes {
    std::string name;
    Salt active = 0;
    std::uint32_t rotation = 0;        // seconds
    std::uint32_t lifetime = 0;        // seconds
    std::int64_t next_rotation_ns = 0; // until then
    std::vector<HeldRoute> routes;
};

StreamRoutes routes_of(Gateway& gateway, std::size_t stream) {
    const StreamFacts facts = gateway.control().facts(stream);
    return {facts.name,
            facts.salt,
            facts.options.rotation,
            facts.options.lifetime,
            facts.next_rotation_ns,
            gateway.streams().routes(stream)};
}

// Seconds until nothing is received on it any more.
double life_of(const HeldRoute& route, const StreamRoutes& stream) {
    // Until the last one in which it is received on; negative: that was before.
    const std::int64_t rotations = static_cast<std::int64_t>(route.salt - stream.active)
                                   + stream.lifetime / stream.rotation - 1;
    return rotations < 0 ? 0
                         : static_cast<double>(rotations * stream.rotation)
                               + static_cast<double>(stream.next_rotation_ns)
                                     / static_cast<double>(nanoseconds_per_second);
}

// docs/protocol.md, section 3.
std::string_view state_of(const HeldRoute& route, const StreamRoutes& stream) {
    const Salt active = stream.active;
    if (route.salt < active) {
        return life_of(route, stream) > 0 ? "expiring" : "ended"; // freed soon
    }
    if (route.salt == active) {
        return route.sent_on ? "active" : "received";
    }
    return route.salt == active + 1 ? "next" : "prepared";
}

Json json_of(const HeldRoute& route, const StreamRoutes& stream) {
    return {{"epoch", route.epoch},
            {"salt", route.salt},
            {"state", state_of(route, stream)},
            {"local", route.local.address.text()},
            {"remote", route.remote.text()},
            {"source_port", route.local.source_port},
            {"flow_label", route.local.flow_label},
            {"remaining_seconds", life_of(route, stream)}};
}

void add(Reply& reply, const StreamRoutes& stream) {
    Json routes = Json::array();
    Table table({{"epoch", Align::right},
                 {"salt", Align::right},
                 {"state"},
                 {"local, hashed"},
                 {"remote, hashed"},
                 {"ends in", Align::right}});
    for (const HeldRoute& route : stream.routes) {
        routes.push_back(json_of(route, stream));
        table.add({std::to_string(route.epoch), std::to_string(route.salt),
                   std::string(state_of(route, stream)), route.local.address.text(),
                   route.remote.text(), fmt::format("{:.1f} s", life_of(route, stream))});
    }
    reply.facts["streams"].push_back(
        {{"name", stream.name}, {"active_salt", stream.active}, {"routes", std::move(routes)}});
    reply.text +=
        fmt::format("{}stream: {}\n{}", reply.text.empty() ? "" : "\n", stream.name, table.text());
}

Result<Reply> show_routes(const Arguments& arguments, Environment& environment) {
    const auto asked = streams_asked_for(arguments, environment);
    if (!asked) {
        return asked.error();
    }
    std::vector<StreamRoutes> streams;
    auto done = look_at(*asked, environment, [&](Gateway& gateway, StreamId id) {
        streams.push_back(routes_of(gateway, id.slot));
    });
    if (!done) {
        return std::move(done).error();
    }
    Reply reply{.facts = {{"stream_count", asked->all}, {"streams", Json::array()}}};
    for (const StreamRoutes& stream : streams) {
        add(reply, stream);
    }
    reply.text += left_out_text(*asked);
    return reply;
}

constexpr std::array table{
    Command{"show routes [STREAM]",
            "The hashed addresses that a stream has, or all have, and until when.", show_routes},
};

} // namespace

std::span<const Command> route_commands() {
    return table;
}

} // namespace mt6d::shell
