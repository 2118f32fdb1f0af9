// SPDX-License-Identifier: BSD-3-Clause
// DPDK's environment abstraction layer (EAL): memory, lcores, devices.
#pragma once

#include "control/config/config.hpp"

#include <mt6d/result.hpp>

#include <memory>
#include <span>
#include <string>

namespace mt6d {

// EAL while it runs. One a process, ever: EAL does not start twice. Destroyed after everything that
// came from it (ports, pools, tables), by the thread that started it, its lcores being idle.
class EalSession {
public:
    EalSession(EalSession&&) noexcept = default;
    EalSession& operator=(EalSession&&) noexcept = default;
    ~EalSession() = default;

private:
    friend Result<EalSession> start_eal(const config::Config&, std::span<const std::string>);
    struct State;
    struct Cleanup {
        void operator()(State* state) const;
    };
    explicit EalSession(std::unique_ptr<State, Cleanup> state);
    std::unique_ptr<State, Cleanup> state_;
};

// The calling thread becomes the control lcore and is bound to its CPUs; the workers' lcores wait
// for their work (eal_arguments.hpp says which they are). What EAL has to say goes to the log.
// Real-time signals, which net_tap uses, are left to the workers: threads started later by the
// calling thread block them as it does.
Result<EalSession> start_eal(const config::Config& config, std::span<const std::string> extra);

} // namespace mt6d
