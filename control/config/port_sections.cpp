// SPDX-License-Identifier: BSD-3-Clause
// internal and external.
#include "control/config/scalars.hpp"
#include "control/config/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

namespace {

constexpr std::uint64_t min_mtu = 1280; // RFC 8200, 5
constexpr std::uint64_t max_mtu = 9702;

Result<std::uint16_t> parse_mtu(std::string_view text) {
    const auto mtu = parse_number(text, min_mtu, max_mtu);
    if (!mtu) {
        return mtu.error();
    }
    return static_cast<std::uint16_t>(*mtu);
}

PortFacts read_port(Section& section, Port& port) {
    PortFacts facts;
    facts.device = section.required_scalar(
        "device", "0000:01:00.0, or a virtual device like net_af_xdp0,iface=eth1", parse_device);
    if (const auto text = section.text("device")) {
        port.device = text->value;
    }
    facts.mac = section.scalar("mac", parse_mac);
    if (facts.mac) {
        port.mac = facts.mac->value;
    }
    if (const auto mtu = section.scalar("mtu", parse_mtu)) {
        port.mtu = mtu->value;
    }
    return facts;
}

// A list of prefixes. Returns whether all of it could be read.
bool read_prefixes(Section& section, std::string_view key, std::string_view what,
                   std::vector<Ipv6Prefix>& prefixes) {
    const Value* const value = section.find(key);
    bool complete = !section.has(key) || (value != nullptr && value->kind == Value::Kind::sequence);
    for (const Value& item : section.list(key, "[2001:db8:1::/64]")) {
        const auto text = scalar_text(item, fmt::format("{} (in quotes if it ends in ':')", what),
                                      Quotes::allowed, section.diagnostics());
        if (!text) {
            complete = false;
            continue;
        }
        const auto prefix = parse_on_link_prefix(text->value);
        if (!prefix) {
            complete = false;
            section.diagnostics().error(
                text->at, fmt::format("external.{}: {}", key, prefix.error().message));
        } else if (std::find(prefixes.begin(), prefixes.end(), *prefix) != prefixes.end()) {
            section.diagnostics().error(text->at,
                                        fmt::format("external.{}: {} stands twice: keep one of "
                                                    "them",
                                                    key, prefix->text()));
        } else {
            prefixes.push_back(*prefix);
        }
    }
    return complete;
}

bool is_on_link(const External& external, const Ipv6Address& address) {
    return address.is_link_local()
           || std::any_of(external.on_link.begin(), external.on_link.end(),
                          [&](const Ipv6Prefix& prefix) { return prefix.contains(address); });
}

// Returns whether it could be read, or is absent.
bool read_default_router(Section& section, External& external, bool on_link_known) {
    const auto router = section.scalar("default_router", parse_unicast_address);
    if (!router) {
        return !section.has("default_router");
    }
    external.default_router = router->value;
    if (on_link_known && !is_on_link(external, router->value)) {
        section.diagnostics().error(
            router->at,
            fmt::format("external.default_router: {} cannot be reached, for it is neither "
                        "link-local nor within external.on_link: write the router's fe80:: "
                        "address, or add its prefix to on_link",
                        router->value.text()));
    }
    return true;
}

void read_neighbor(const Value& item, External& external, Diagnostics& diagnostics) {
    if (item.kind == Value::Kind::refused) {
        return;
    }
    Section section(item, "neighbors", diagnostics);
    const auto address = section.required_scalar("address", "fe80::1", parse_unicast_address);
    const auto mac = section.required_scalar("mac", "02:00:00:00:00:fe", parse_mac);
    if (!address || !mac) {
        return;
    }
    if (std::any_of(external.neighbors.begin(), external.neighbors.end(),
                    [&](const StaticNeighbor& n) { return n.address == address->value; })) {
        diagnostics.error(address->at, fmt::format("neighbors: {} stands twice: keep one of them",
                                                   address->value.text()));
        return;
    }
    if (!is_on_link(external, address->value)) {
        diagnostics.warning(address->at,
                            fmt::format("neighbors: {} is neither link-local nor within "
                                        "external.on_link, so nothing is sent to it directly",
                                        address->value.text()));
    }
    external.neighbors.push_back({address->value, mac->value});
}

} // namespace

PortFacts read_internal(Section& root, Port& port) {
    const Value* const value = root.require("internal", "a section with the device towards the "
                                                        "hosts");
    if (value == nullptr) {
        return {};
    }
    Section section(*value, "internal", root.diagnostics());
    return read_port(section, port);
}

ExternalFacts read_external(Section& root, External& external) {
    const Value* const value = root.require("external", "a section with the device towards the "
                                                        "public network");
    if (value == nullptr) {
        return {};
    }
    Section section(*value, "external", root.diagnostics());
    ExternalFacts facts{read_port(section, external)};
    const bool on_link = read_prefixes(section, "on_link", "an on-link prefix", external.on_link);
    if (external.on_link.size() > most_on_link) {
        section.diagnostics().error(
            section.find("on_link")->at,
            fmt::format(
                "external.on_link: {} prefixes are more than {}: write fewer, shorter ones, "
                "or let the router advertise them",
                external.on_link.size(), most_on_link));
    }
    read_prefixes(section, "routed", "a prefix routed to this gateway", external.routed);
    section.read("router_advertisements", external.router_advertisements, parse_advertisements);
    const bool default_router = read_default_router(section, external, on_link);
    facts.next_hops_known = on_link && default_router;
    for (const Value& item :
         section.list("neighbors", "[{ address: fe80::1, mac: 02:00:00:00:00:fe }]")) {
        read_neighbor(item, external, root.diagnostics());
    }
    return facts;
}

} // namespace mt6d::config
