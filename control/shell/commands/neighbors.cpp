// SPDX-License-Identifier: BSD-3-Clause
// Neighbours and routers: whom the gateway knows on its two links.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {
namespace {

using dataplane::Side;
using Json = nlohmann::ordered_json;

// Entries of a cache that one task of control looks at.
constexpr std::size_t page = 1024;
constexpr std::size_t most_neighbors = 10'000; // of a port, that are shown

constexpr std::string_view name(NeighborState state) {
    constexpr std::array<std::string_view, 7> names{"incomplete", "reachable", "stale",    "delay",
                                                    "probe",      "failed",    "permanent"};
    return names[static_cast<std::size_t>(state)];
}

Json mac_or_null(const std::optional<MacAddress>& mac) {
    return mac ? Json(mac->text()) : Json();
}
std::string mac_or_dash(const std::optional<MacAddress>& mac) {
    return mac ? mac->text() : "-";
}

struct Listed {
    Side side;
    KnownNeighbor known;
};

// Adds what the port's cache holds, a page at a time. True: there is more.
Result<bool> list(Environment& environment, Side side, std::vector<Listed>& listed) {
    const std::size_t most = listed.size() + most_neighbors;
    std::optional<AdjacencyId> next = 0;
    while (next && listed.size() < most) {
        auto done = environment.on_control([&] {
            std::vector<KnownNeighbor> some;
            next = environment.gateway().neighborhood().neighbors(side).list(*next, page, some);
            for (const KnownNeighbor& one : some) {
                listed.push_back({side, one});
            }
        });
        if (!done) {
            return std::move(done).error();
        }
    }
    return next.has_value();
}

Result<Reply> show_neighbors(const Arguments& arguments, Environment& environment) {
    std::vector<Listed> listed;
    bool more = false;
    for (const Side side : ports_asked_for(arguments)) {
        const auto left = list(environment, side, listed);
        if (!left) {
            return left.error();
        }
        more = more || *left;
    }
    Reply reply{.facts = {{"more", more}, {"neighbors", Json::array()}}};
    Table table({{"port"}, {"address"}, {"mac"}, {"state"}, {"router"}, {"wanted by"}});
    for (const auto& [side, known] : listed) {
        const Neighbor& neighbor = known.neighbor;
        const char* const wanted_by = known.stranger ? "unprotected traffic" : "routes";
        reply.facts["neighbors"].push_back({{"port", dataplane::name(side)},
                                            {"address", known.address.text()},
                                            {"mac", mac_or_null(neighbor.mac)},
                                            {"state", name(neighbor.state)},
                                            {"router", neighbor.is_router},
                                            {"wanted_by", wanted_by}});
        table.add({dataplane::name(side), known.address.text(), mac_or_dash(neighbor.mac),
                   std::string(name(neighbor.state)), neighbor.is_router ? "yes" : "no",
                   wanted_by});
    }
    reply.text = table.empty() ? "no neighbor is known\n" : table.text();
    if (more) {
        reply.text += fmt::format("\nand more: of each port {} are shown\n", most_neighbors);
    }
    return reply;
}

// --- routers ----------------------------------------------------------------------------------

struct ListedRouter {
    Router router;
    bool in_use = false;
    std::optional<MacAddress> mac;       // that it answers with
    std::optional<std::int64_t> expires; // seconds from now
};

std::vector<ListedRouter> routers_of(Gateway& gateway, std::int64_t now) {
    const NextHops& hops = gateway.neighborhood().next_hops();
    std::vector<ListedRouter> listed;
    for (const Router& router : hops.routers().routers()) {
        ListedRouter one{router, hops.routers().default_router() == router.address, {}, {}};
        if (const auto neighbor = hops.neighbors().find(router.address)) {
            one.mac = neighbor->mac;
        }
        if (router.expires != INT64_MAX) {
            one.expires = std::max<std::int64_t>(router.expires - now, 0) / nanoseconds_per_second;
        }
        listed.push_back(std::move(one));
    }
    return listed;
}

std::string_view name(Reachability reachability) {
    constexpr std::array<std::string_view, 3> names{"unreachable", "unknown", "reachable"};
    return names[static_cast<std::size_t>(reachability)];
}

Result<Reply> show_routers(const Arguments&, Environment& environment) {
    std::vector<ListedRouter> routers;
    auto done = environment.on_control(
        [&] { routers = routers_of(environment.gateway(), SystemClock().monotonic_ns()); });
    if (!done) {
        return std::move(done).error();
    }
    Reply reply{.facts = {{"routers", Json::array()}}};
    Table table({{"address"}, {"in use"}, {"from"}, {"state"}, {"mac"}, {"ends in"}});
    for (const ListedRouter& one : routers) {
        const Router& router = one.router;
        const char* const from = router.configured ? "configuration" : "advertisement";
        reply.facts["routers"].push_back(
            {{"address", router.address.text()},
             {"in_use", one.in_use},
             {"from", from},
             {"is_default", router.is_default},
             {"state", name(router.reachability)},
             {"mac", mac_or_null(one.mac)},
             {"mtu_bytes", router.mtu == 0 ? Json() : Json(router.mtu)},
             {"expires_seconds", one.expires ? Json(*one.expires) : Json()}});
        table.add({router.address.text(), one.in_use ? "yes" : "no", from,
                   std::string(name(router.reachability)), mac_or_dash(one.mac),
                   one.expires ? duration_text(*one.expires) : "-"});
    }
    reply.text = table.empty() ? "no router is known\n" : table.text();
    return reply;
}

constexpr std::array table{
    Command{"show neighbors [PORT]",
            "The neighbours that the gateway knows, and whether they answer.", show_neighbors},
    Command{"show routers", "Default routers of the external link, and which one is in use.",
            show_routers},
};

} // namespace

std::span<const Command> neighbor_commands() {
    return table;
}

} // namespace mt6d::shell
