// SPDX-License-Identifier: BSD-3-Clause
// The kernel's routes, addresses and TCP connections: of /proc/net, and, on this machine, of what
// the kernel answers beside that (kernel_routes.hpp).
#pragma once

#include "control/doctor/file_tree.hpp"

#include <mt6d/address.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mt6d::doctor {

// IPv4 addresses are in their IPv6 form here, ::ffff:a.b.c.d.
inline constexpr std::uint8_t mapped_bits = 96; // of ::ffff:0:0/96

struct Route {
    std::string interface;
    Ipv6Prefix destination;
    std::uint32_t table = 254; // the main one
};

// Without those that refuse. A copy of /proc shows the main table, and the first next hop alone.
std::vector<Route> routes(const FileTree& files);
bool is_default(const Route& route);

struct Connection {
    Ipv6Address local;
    Ipv6Address remote;
    std::uint16_t local_port = 0;
};

// TCP's that are established.
std::vector<Connection> connections(const FileTree& files);

struct InterfaceAddress {
    std::string interface;
    Ipv6Address address;
};

// A copy of /proc shows IPv6's alone.
std::vector<InterfaceAddress> interface_addresses(const FileTree& files);

} // namespace mt6d::doctor
