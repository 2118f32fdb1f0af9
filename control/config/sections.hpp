// SPDX-License-Identifier: BSD-3-Clause
// The readers of the sections of a configuration file. Each reads all it can, reports the rest,
// and leaves what it could not read at its default.
#pragma once

#include "control/config/config.hpp"
#include "control/config/device.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/section.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mt6d::config {

// All but control, reports, ports, hosts and streams.
void read_process(Section& root, Config& config);

// After the above: the socket's name follows from the gateway's.
void read_control(Section& root, Config& config);

// log, metrics, events: what the gateway tells of itself.
void read_reports(Section& root, Config& config);

// What the checks want to know about a port beyond what the gateway does.
struct PortFacts {
    std::optional<Located<Device>> device;
    std::optional<Located<MacAddress>> mac;
};

struct ExternalFacts : PortFacts {
    // A next hop that is given and could not be read is no missing one.
    bool next_hops_known = false;
};

PortFacts read_internal(Section& root, Port& port);
ExternalFacts read_external(Section& root, External& external);

// The hosts of the `hosts` list, by name.
struct DeclaredHost {
    Host host;
    Position at;
    bool used = false;
};
struct Hosts {
    std::deque<DeclaredHost> all; // in their order; stays where it is
    std::map<std::string, DeclaredHost*, std::less<>> by_name;
    std::map<Ipv6Address, DeclaredHost*> by_address;
    // Of hosts that could not be read: a stream that names one is not to blame.
    std::map<std::string, Position, std::less<>> broken;
};
Hosts read_hosts(Section& root);

} // namespace mt6d::config
