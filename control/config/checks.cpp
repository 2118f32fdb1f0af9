// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/checks.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

namespace {

void check_devices(const PortFacts& internal, const PortFacts& external, Diagnostics& diagnostics) {
    if (!internal.device || !external.device) {
        return;
    }
    if (const auto shared = shared_resource(internal.device->value, external.device->value)) {
        diagnostics.error(external.device->at,
                          fmt::format("external.device: {} is the internal port's already: the "
                                      "two ports need two devices",
                                      *shared));
    }
}

void check_host_mode(const PortFacts& internal, Diagnostics& diagnostics) {
    if (internal.device && internal.device->value.driver != "net_tap") {
        diagnostics.error(internal.device->at,
                          "internal.device: in host mode the internal port is a TAP device that "
                          "the gateway makes for this machine's kernel: write "
                          "net_tap0,iface=mt6d0");
    }
}

// docs/protocol.md, section 6: the gateway's own address, never a host's.
void check_mac(const Config& config, std::string_view port, const PortFacts& facts,
               Diagnostics& diagnostics) {
    if (!facts.mac) {
        return;
    }
    const auto owner =
        std::find_if(config.streams.begin(), config.streams.end(),
                     [&](const Stream& stream) { return stream.local.mac == facts.mac->value; });
    if (owner != config.streams.end()) {
        diagnostics.error(facts.mac->at,
                          fmt::format("{}.mac: {} is the address of the host {}: write one that "
                                      "is the gateway's alone, or remove the key",
                                      port, facts.mac->value.text(), owner->local.name));
    }
}

} // namespace

void check_ports(const Config& config, const PortFacts& internal, const PortFacts& external,
                 Diagnostics& diagnostics) {
    check_devices(internal, external, diagnostics);
    if (config.mode == Mode::host) {
        check_host_mode(internal, diagnostics);
    }
    check_mac(config, "internal", internal, diagnostics);
    check_mac(config, "external", external, diagnostics);
}

void warn_unused(const Hosts& hosts, Diagnostics& diagnostics) {
    for (const DeclaredHost& declared : hosts.all) {
        if (!declared.used) {
            diagnostics.warning(declared.at,
                                fmt::format("the host {} is in no stream", declared.host.name));
        }
    }
}

} // namespace mt6d::config
