// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/lifelines.hpp"

#include "control/doctor/routes.hpp"
#include "control/doctor/ssh_ports.hpp"
#include "control/doctor/stacked.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace mt6d::doctor {

namespace {

class Search {
public:
    explicit Search(const FileTree& files) : files_(files) {}

    void add(const std::string& interface, const std::string& reason) {
        const bool known = std::any_of(found_.begin(), found_.end(), [&](const Lifeline& one) {
            return one.interface == interface;
        });
        if (known || interface == "lo") {
            return;
        }
        found_.push_back({interface, reason});
        for (const std::string& lower : below(files_, interface)) {
            add(lower, fmt::format("it carries {}, and {}", interface, reason));
        }
    }
    // What may lie below those found, for all that can be seen.
    void add_doubtful() {
        if (found_.empty()) {
            return;
        }
        for (const Member& member : members_of_unknown(files_)) {
            add(member.interface,
                fmt::format("it belongs to {}, and what that carries is not known", member.upper));
        }
        const std::vector<Lifeline> before = found_;
        for (const Lifeline& line : before) {
            if (leaves_by_unknown(files_, line.interface)) {
                for (const std::string& card : cards_in_use(files_)) {
                    add(card, fmt::format("it may carry {}, and {}", line.interface, line.reason));
                }
            }
        }
    }
    std::vector<Lifeline> take() { return std::move(found_); }

private:
    const FileTree& files_;
    std::vector<Lifeline> found_;
};

// By which packets to an address may leave: by the longest prefix of each table. Which table
// answers is a matter of rules, which are not looked at.
std::set<std::string> ways_to(const Ipv6Address& address, const std::vector<Route>& routes) {
    std::set<std::string> ways;
    for (const Route& route : routes) {
        const bool bettered = std::any_of(routes.begin(), routes.end(), [&](const Route& other) {
            return other.table == route.table && other.destination.contains(address)
                   && other.destination.length > route.destination.length;
        });
        if (route.destination.contains(address) && !bettered) {
            ways.insert(route.interface);
        }
    }
    return ways;
}

// The client's packets come by the interface of the local address, and answers may leave by
// another.
void add_session(const Connection& connection, const std::vector<Route>& routes,
                 const std::vector<InterfaceAddress>& addresses, Search& search) {
    const std::string reason = "somebody is logged in over it by SSH";
    for (const InterfaceAddress& own : addresses) {
        if (own.address == connection.local) {
            search.add(own.interface, reason);
        }
    }
    for (const Ipv6Address& end : {connection.local, connection.remote}) {
        for (const std::string& way : ways_to(end, routes)) {
            search.add(way, reason);
        }
    }
}

} // namespace

std::vector<Lifeline> lifelines(const FileTree& files) {
    Search search(files);
    const std::vector<Route> all_routes = routes(files);
    for (const Route& route : all_routes) {
        if (is_default(route)) {
            search.add(route.interface, "the default route leaves by it");
        }
    }
    const std::set<std::uint16_t> ports = ssh_ports(files);
    const std::vector<InterfaceAddress> addresses = interface_addresses(files);
    for (const Connection& connection : connections(files)) {
        if (ports.contains(connection.local_port)) {
            add_session(connection, all_routes, addresses, search);
        }
    }
    search.add_doubtful();
    return search.take();
}

std::optional<std::string> is_lifeline(const FileTree& files, const PciNic& nic) {
    for (const Lifeline& line : lifelines(files)) {
        if (std::find(nic.interfaces.begin(), nic.interfaces.end(), line.interface)
            != nic.interfaces.end()) {
            return line.interface + ": " + line.reason;
        }
    }
    return std::nullopt;
}

} // namespace mt6d::doctor
