// SPDX-License-Identifier: BSD-3-Clause
#include "control/eal.hpp"

#include "control/bpf_log.hpp"
#include "control/config/device.hpp"
#include "control/eal_arguments.hpp"
#include "control/eal_log.hpp"
#include "control/kernel_interface.hpp"
#include "control/log.hpp"

#include <rte_config.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_pdump.h>

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

namespace mt6d {

namespace {

// EAL would only say that it cannot parse the device.
std::optional<Error> missing_driver(const std::string& text) {
    const auto device = config::parse_device(text);
    const std::string folder = RTE_EAL_PMD_PATH; // /usr/lib/…/dpdk/pmds-23.0
    std::error_code failure;
    if (!device || device->is_pci() || !std::filesystem::is_directory(folder, failure)) {
        return std::nullopt;
    }
    const std::string version = folder.substr(folder.rfind('-') + 1);
    const DriverLibrary library =
        driver_library(device->driver, version.substr(0, version.find('.')));
    if (std::filesystem::exists(folder + "/" + library.file, failure)) {
        return std::nullopt;
    }
    return Error{fmt::format("{}: its driver is not installed ({}/{}): apt-get install {}", text,
                             folder, library.file, library.package)};
}

// Where two open one interface, the AF_XDP driver of the second, failing, takes the first one's
// program off it.
Result<> claim_interface(const std::string& text, std::vector<InterfaceClaim>& claims) {
    const auto device = config::parse_device(text);
    const auto interface = device ? device->argument("iface") : std::nullopt;
    if (!interface || interface->find('/') != std::string::npos) { // net_vhost's is a socket
        return {};
    }
    auto claim = InterfaceClaim::take(*interface);
    if (!claim) {
        return std::move(claim).error().in(text);
    }
    claims.push_back(*std::move(claim));
    return {};
}

sigset_t real_time_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int number = SIGRTMIN; number <= SIGRTMAX; ++number) {
        sigaddset(&signals, number);
    }
    return signals;
}

// net_tap has the kernel send a real-time signal for each packet, to whichever thread takes it, and
// to the main thread by preference: the control lcore's waits would end with each. So all threads
// but the workers block them, and a sleeping worker is just who should wake.
int take_real_time_signals(void*) {
    const sigset_t signals = real_time_signals();
    return pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void prepare_signals() {
    const sigset_t signals = real_time_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr); // EAL's threads inherit it
    // Sent when too many signals wait; by default it ends the process.
    std::signal(SIGIO, SIG_IGN);
}

std::string joined(std::span<const std::string> words) {
    std::string line;
    for (const std::string& word : words) {
        line += (line.empty() ? "" : " ") + word;
    }
    return line;
}

// dpdk-dumpcap attaches as a second process: possible only where this one's memory can be shared.
void serve_dumpcap(std::span<const std::string> arguments) {
    const bool alone =
        std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
            return argument == "--in-memory" || argument == "--no-huge"
                   || argument == "--no-shconf";
        });
    if (!alone && rte_pdump_init() != 0) {
        log::warning("eal", "dpdk-dumpcap cannot attach: {}; capture start works all the same",
                     rte_strerror(rte_errno));
    }
}

} // namespace

struct EalSession::State {
    std::vector<InterfaceClaim> claims; // outlive the drivers
    EalLog log;
    std::vector<std::string> arguments; // EAL keeps pointers to them
    std::vector<char*> pointers;
    bool started = false;
};

void EalSession::Cleanup::operator()(State* state) const {
    if (state->started) {
        rte_eal_cleanup();
    }
    delete state;
}

EalSession::EalSession(std::unique_ptr<State, Cleanup> state) : state_(std::move(state)) {}

Result<EalSession> start_eal(const config::Config& config, std::span<const std::string> extra) {
    std::vector<InterfaceClaim> claims;
    for (const std::string* device : {&config.internal.device, &config.external.device}) {
        if (auto missing = missing_driver(*device)) {
            return std::move(*missing);
        }
        if (auto claimed = claim_interface(*device, claims); !claimed) {
            return std::move(claimed).error();
        }
    }
    auto arguments = eal_arguments(config, inspect_machine(config), extra);
    if (!arguments) {
        return std::move(arguments).error();
    }
    for (const std::string& warning : arguments->warnings) {
        log::warning("eal", "{}", warning);
    }
    EalSession session{
        std::unique_ptr<EalSession::State, EalSession::Cleanup>(new EalSession::State)};
    EalSession::State& state = *session.state_;
    state.claims = std::move(claims);
    state.arguments = std::move(arguments->arguments);
    log::debug("eal", "arguments: {}", joined(state.arguments));
    state.arguments.insert(state.arguments.begin(), "mt6d-gateway");
    for (std::string& argument : state.arguments) {
        state.pointers.push_back(argument.data());
    }
    const int count = static_cast<int>(state.pointers.size());
    state.pointers.push_back(nullptr);
    prepare_signals();
    if (rte_eal_init(count, state.pointers.data()) < 0) {
        const std::string said = state.log.last_error();
        return Error{fmt::format(
            "DPDK's EAL did not start: {}{} (run as root, or with the capabilities that its ports "
            "need; hugepages: off does without hugepages; it was given: {})",
            rte_strerror(rte_errno), said.empty() ? "" : ": " + said, joined(state.arguments))};
    }
    state.started = true;
    serve_dumpcap(state.arguments);
    take_bpf_messages();
    rte_eal_mp_remote_launch(take_real_time_signals, nullptr, SKIP_MAIN);
    rte_eal_mp_wait_lcore();
    return session;
}

} // namespace mt6d
