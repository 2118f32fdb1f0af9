// SPDX-License-Identifier: BSD-3-Clause
#include "control/appliance.hpp"

#include "control/eal_arguments.hpp"
#include "control/log.hpp"
#include "control/state/clock_sync.hpp"

#include <rte_mempool.h>

#include <fmt/format.h>

#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

namespace mt6d {
namespace {

using dataplane::Side;
using dataplane::sides;

// Packets that rings between lcores may hold, for each worker.
constexpr std::uint32_t held_in_rings = 2 * 1024;

// docs/protocol.md, section 6: the gateway's own address, never a host's. A port that was given
// none has the NIC's, which is easily taken for the host's in host mode.
Result<> check_mac(const Port& port, const config::Config& config) {
    const auto check = [&](const config::Host& host) -> Result<> {
        if (host.mac != port.mac()) {
            return {};
        }
        return Error{fmt::format("{} port: its MAC address {} is that of the host {}: give the "
                                 "gateway another ({}.mac: 02:00:00:00:00:01), or correct the "
                                 "host's mac in {}",
                                 port.role(), port.mac().text(), host.name, port.role(),
                                 config.file)};
    };
    for (const config::Stream& stream : config.streams) {
        for (const config::Host* host : {&stream.local, &stream.remote}) {
            if (auto checked = check(*host); !checked) {
                return checked;
            }
        }
    }
    return {};
}

} // namespace

Appliance::Appliance(const config::Config& config, EalSession eal)
    : eal_(std::move(eal)), mode_(config.mode),
      unprotected_(config.unprotected), port_configs_{config.internal, config.external},
      workers_(static_cast<std::uint16_t>(config.workers.size())),
      interrupts_(config.idle == config::Idle::interrupt), memory_mib_(config.memory_mib) {}

Result<std::unique_ptr<Appliance>> Appliance::create(config::Config config,
                                                     std::span<const std::string> eal_arguments) {
    auto eal = start_eal(config, eal_arguments);
    if (!eal) {
        return std::move(eal).error();
    }
    auto appliance = std::unique_ptr<Appliance>(new Appliance(config, *std::move(eal)));
    if (auto opened = appliance->open_ports(); !opened) {
        return std::move(opened).error();
    }
    if (auto created = appliance->create_gateway(std::move(config)); !created) {
        return std::move(created).error();
    }
    return appliance;
}

Result<> Appliance::open_ports() {
    std::vector<PortPlan> plans;
    for (const Side side : sides) {
        auto plan = plan_port(name(side), port_configs_[index(side)], workers_);
        if (!plan) {
            return std::move(plan).error();
        }
        plan->interrupts = interrupts_;
        plans.push_back(*std::move(plan));
    }
    auto pool = make_pool(plans, workers_, held_in_rings * workers_, memory_mib_);
    if (!pool) {
        return std::move(pool).error();
    }
    pool_ = *std::move(pool);
    for (const Side side : sides) {
        auto port = Port::open(plans[index(side)], *pool_);
        if (!port) {
            return std::move(port).error();
        }
        ports_[index(side)].emplace(*std::move(port));
    }
    return {};
}

Result<> Appliance::create_gateway(config::Config config) {
    for (const std::optional<Port>& port : ports_) {
        if (auto checked = check_mac(*port, config); !checked) {
            return checked;
        }
    }
    GatewayParts parts;
    parts.pool = pool_.get();
    for (const Side side : sides) {
        const Port& port = *ports_[index(side)];
        parts.ports[index(side)] = {port.id(), port.mac(), port.mtu()};
        parts.queues[index(side)] = {port.rx_queues(), port.tx_queues()};
    }
    for (unsigned i = 0; i < workers_; ++i) {
        parts.worker_lcores.push_back(first_worker_lcore + i);
    }
    auto gateway = Gateway::create(std::move(config), clock_, parts);
    if (!gateway) {
        return std::move(gateway).error();
    }
    gateway_ = *std::move(gateway);
    return {};
}

Result<> Appliance::start() {
    for (std::optional<Port>& port : ports_) {
        if (auto started = port->start(); !started) {
            return started;
        }
    }
    if (auto started = gateway_->start(); !started) {
        return started;
    }
    announce();
    return {};
}

void Appliance::announce() const {
    for (const std::optional<Port>& port : ports_) {
        log::info("port", "{}: {}, mac {}, mtu {}, link {}", port->role(),
                  port_configs_[port->role() == "internal" ? 0 : 1].device, port->mac().text(),
                  port->mtu(), port->link_is_up() ? "up" : "down");
    }
    for (std::size_t i = 0; i < gateway_->plan().size(); ++i) {
        log::info("worker", "{}: {}", i, gateway_->plan()[i].text());
    }
    if (mode_ == config::Mode::host && unprotected_ == config::Unprotected::drop) {
        log::warning("mode",
                     "host mode: {} carries this host's streams alone, all else on it stops",
                     port_configs_[index(Side::external)].device);
    }
    if (const CryptoBackend* const crypto = gateway_->crypto()) {
        log::info("crypto", "{}", crypto->describe());
    }
    log::info("gateway", "forwarding {} streams", gateway_->directory()->size());
}

void Appliance::run(const sigset_t& until) {
    ControlLoop& control = gateway_->control();
    while (!ending_) {
        control.tick();
        const timespec wait{0, control.until_next()};
        if (const int signal = sigtimedwait(&until, nullptr, &wait); signal > 0) {
            log::info("gateway", "SIG{}: ending", sigabbrev_np(signal));
            ending_ = true;
        }
    }
    control.tasks().close();
    gateway_->stop();
}

void Appliance::stop() {
    Statistics last = statistics();
    gateway_.reset();
    for (std::optional<Port>& port : ports_) {
        port.reset();
    }
    last.mbufs_in_use = rte_mempool_in_use_count(pool_.get());
    final_ = std::move(last);
}

Statistics Appliance::statistics() const {
    if (final_) {
        return *final_;
    }
    Statistics statistics = gateway_->statistics();
    for (const Side side : sides) {
        const DeviceCounters counters = ports_[index(side)]->counters();
        PortStatistics& port = statistics.ports[index(side)];
        port.missed = counters.rx_missed + counters.rx_no_buffer;
        port.rx_errors = counters.rx_errors;
        port.tx_errors = counters.tx_errors;
    }
    return statistics;
}

service::VitalSigns Appliance::vital_signs() const {
    service::VitalSigns signs;
    for (const Side side : sides) {
        signs.link_up[index(side)] = ports_[index(side)]->link_is_up();
    }
    signs.clock_synchronised = clock_is_synchronised();
    signs.worker_polls = gateway_->worker_polls();
    signs.control_ticks = gateway_->control().ticks();
    signs.streams = gateway_->directory()->size();
    return signs;
}

} // namespace mt6d
