// SPDX-License-Identifier: BSD-3-Clause
// The composition root: EAL, two ports, their packet buffers, and the gateway on top.
#pragma once

#include "control/clock.hpp"
#include "control/config/config.hpp"
#include "control/eal.hpp"
#include "control/gateway.hpp"
#include "control/port.hpp"
#include "control/service/vital_signs.hpp"
#include "control/statistics.hpp"

#include <mt6d/result.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace mt6d {

class Appliance {
public:
    // Opens everything; nothing is forwarded yet.
    static Result<std::unique_ptr<Appliance>> create(config::Config config,
                                                     std::span<const std::string> eal_arguments);

    // From here on packets flow. Ports first, so that solicitations find them up.
    Result<> start();
    // Is the control lcore until one of these (blocked) signals comes, or end(). Nothing is
    // forwarded then.
    void run(const sigset_t& until);
    // Any thread.
    void end() { ending_ = true; }
    // Closes the ports. What is left in statistics() is the whole story.
    void stop();

    // Any thread until stop(), then the one that called it.
    [[nodiscard]] Statistics statistics() const;
    // Any thread until stop().
    [[nodiscard]] service::VitalSigns vital_signs() const;
    // Until stop().
    Gateway& gateway() { return *gateway_; }
    [[nodiscard]] const Gateway& gateway() const { return *gateway_; }
    [[nodiscard]] const Port& port(dataplane::Side side) const { return *ports_[index(side)]; }

private:
    Appliance(const config::Config& config, EalSession eal);
    Result<> open_ports();
    Result<> create_gateway(config::Config config);
    void announce() const;

    // In the order of their making; destroyed in the reverse.
    EalSession eal_;
    SystemClock clock_;
    config::Mode mode_;
    config::Unprotected unprotected_;
    std::array<config::Port, dataplane::side_count> port_configs_;
    std::uint16_t workers_;
    const bool interrupts_; // ports shall wake workers
    std::uint32_t memory_mib_;
    PoolPtr pool_;
    std::array<std::optional<Port>, dataplane::side_count> ports_;
    std::unique_ptr<Gateway> gateway_;
    std::optional<Statistics> final_;
    std::atomic<bool> ending_{false};
};

} // namespace mt6d
