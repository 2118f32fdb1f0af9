// SPDX-License-Identifier: BSD-3-Clause
// The list of hosts.
#include "control/config/scalars.hpp"
#include "control/config/sections.hpp"

#include <fmt/format.h>

namespace mt6d::config {

namespace {

constexpr std::size_t longest_name = 63;

Result<std::string> parse_host_name(std::string_view text) {
    return parse_name(text, longest_name);
}

void read_host(const Value& item, Hosts& hosts, Diagnostics& diagnostics) {
    if (item.kind == Value::Kind::refused) {
        return;
    }
    Section section(item, "hosts", diagnostics);
    const auto name = section.required_scalar("name", "alice", parse_host_name);
    const auto address = section.required_scalar("address", "2001:db8:1::a", parse_host_address);
    const auto mac = section.required_scalar("mac", "02:00:00:00:00:0a", parse_mac);
    const auto prefix = section.scalar("hashed_prefix", parse_hashed_prefix);
    if (!name) {
        return;
    }
    if (const auto first = hosts.by_name.find(name->value); first != hosts.by_name.end()) {
        diagnostics.error(name->at, fmt::format("hosts: the name {} is taken by the host in {}: "
                                                "give this one another",
                                                name->value, diagnostics.where(first->second->at)));
        return;
    }
    if (!address || !mac) {
        hosts.broken.emplace(name->value, name->at);
        return;
    }
    if (const auto first = hosts.by_address.find(address->value); first != hosts.by_address.end()) {
        diagnostics.error(address->at,
                          fmt::format("hosts: {} is the address of {} in {} already: keep one of "
                                      "the two hosts",
                                      address->value.text(), first->second->host.name,
                                      diagnostics.where(first->second->at)));
        hosts.broken.emplace(name->value, name->at);
        return;
    }
    hosts.all.push_back({{name->value, address->value, mac->value,
                          prefix ? std::optional(prefix->value) : std::nullopt},
                         name->at});
    hosts.by_name.emplace(name->value, &hosts.all.back());
    hosts.by_address.emplace(address->value, &hosts.all.back());
}

} // namespace

Hosts read_hosts(Section& root) {
    Hosts hosts;
    for (const Value& item :
         root.list("hosts", "[{ name: alice, address: 2001:db8:1::a, mac: 02:00:00:00:00:0a }]")) {
        read_host(item, hosts, root.diagnostics());
    }
    return hosts;
}

} // namespace mt6d::config
