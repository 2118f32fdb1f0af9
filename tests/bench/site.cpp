// SPDX-License-Identifier: BSD-3-Clause
#include "site.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace mt6d::bench {
namespace {

using dataplane::Side;

constexpr Ipv6Address router{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr std::uint16_t mtu = 1600; // room for what the tunnel adds to 1500 bytes

struct Macs {
    MacAddress internal;
    MacAddress external;
};

constexpr Macs macs_of(End end) {
    const std::uint8_t number = end == End::near ? 1 : 2;
    return {{{2, 0, 0, 0, number, 1}}, {{2, 0, 0, 0, number, 2}}};
}

config::Config configuration(End end, const GatewayForm& form, const std::string& directory) {
    config::Config config;
    config.file = "bench";
    config.idle = form.idle;
    config.crypto = form.crypto;
    config.state_dir = directory + "/state";
    config.unprotected = config::Unprotected::drop;
    config.external.default_router = router;
    config.external.neighbors = {
        {router, macs_of(end == End::near ? End::far : End::near).external}};
    config.external.router_advertisements = config::Advertisements::ignore;
    config.streams = end == End::near ? near_streams(form.streams) : far_streams(form.streams);
    return config;
}

// Of what gateways send unasked, to each other here: discovery, reports of groups, control packets.
bool is_groundwork(Side side, std::string_view reason) {
    return reason.starts_with("discovery_") || reason.starts_with("listener_")
           || reason.starts_with("router_")
           || (side == Side::external && (reason == "unprotected" || reason == "control_packet"));
}

} // namespace

const MacAddress Site::near_internal_mac = macs_of(End::near).internal;

void start_eal(const char* program, const std::vector<unsigned>& cpus) {
    const auto cpu = [&](std::size_t lcore) { return std::to_string(cpus.at(lcore)); };
    std::vector<std::string> arguments{
        program,
        "--no-huge",
        "-m",
        "512",
        "--no-pci",
        "--no-telemetry",
        "--no-shconf",
        "--log-level=*:error",
        "--file-prefix=mt6d_bench_" + std::to_string(getpid()),
        "--lcores",
        "0@" + cpu(0) + ",1@" + cpu(1) + ",2@" + cpu(2),
    };
    std::vector<char*> pointers;
    for (std::string& argument : arguments) {
        pointers.push_back(argument.data());
    }
    if (rte_eal_init(static_cast<int>(pointers.size()), pointers.data()) < 0) {
        throw std::runtime_error("EAL did not start");
    }
}

Site::Site(End end, const GatewayForm& form, const Clock& clock, const PortWires& internal,
           const PortWires& external)
    : name_(end == End::near ? "near" : "far"), pool_(packet_pool(name_ + "_pool", 4095, 0)),
      internal_(name_ + "_internal", internal.receives, internal.sends, pool_),
      external_(name_ + "_external", external.receives, external.sends, pool_) {
    GatewayParts parts;
    parts.name = name_;
    parts.pool = pool_;
    parts.worker_lcores = {end == End::near ? near_lcore : far_lcore};
    parts.ports = {dataplane::PortInfo{internal_.id(), macs_of(end).internal, mtu},
                   dataplane::PortInfo{external_.id(), macs_of(end).external, mtu}};
    parts.queues = {PortQueues{}, PortQueues{}};
    auto created = Gateway::create(configuration(end, form, directory_.path()), clock, parts);
    if (!created) {
        throw std::runtime_error(created.error().message);
    }
    gateway_ = *std::move(created);
    if (const auto started = gateway_->start(); !started) {
        throw std::runtime_error(started.error().message);
    }
}

Site::~Site() {
    gateway_->stop();
}

std::string Site::losses() const {
    const Statistics statistics = gateway_->statistics();
    std::string text;
    for (const Side side : dataplane::sides) {
        for (std::size_t i = 0; i < reason_count; ++i) {
            const std::uint64_t count = statistics.ports[index(side)].reasons[i];
            const std::string_view reason = reason_texts[i].symbol;
            if (count != 0 && !is_groundwork(side, reason)) {
                text += (text.empty() ? "" : ", ") + name_ + " " + name(side) + " "
                        + std::string(reason) + " " + std::to_string(count);
            }
        }
    }
    return text;
}

rte_mempool* packet_pool(const std::string& name, unsigned packets, std::uint16_t beside) {
    if (rte_mempool* const made = rte_mempool_lookup(name.c_str()); made != nullptr) {
        return made;
    }
    rte_mempool* const pool = rte_pktmbuf_pool_create(name.c_str(), packets, 256, beside,
                                                      RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
    return pool != nullptr ? pool : throw std::runtime_error(name + ": " + rte_strerror(rte_errno));
}

} // namespace mt6d::bench
