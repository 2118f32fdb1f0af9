// SPDX-License-Identifier: BSD-3-Clause
#include "control/appliance.hpp"
#include "control/command_line.hpp"
#include "control/config/loader.hpp"
#include "control/config/session_key.hpp"
#include "control/log.hpp"
#include "control/reload/hang_up.hpp"
#include "control/reload/reloader.hpp"
#include "control/reports.hpp"
#include "control/service/service.hpp"
#include "control/shell/operator.hpp"
#include "control/statistics_printer.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace {

using namespace mt6d;

// Blocked in every thread; the control lcore waits for these. SIGHUP, which is blocked as well, is
// another thread's (control/reload/hang_up.hpp).
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGQUIT);
    sigset_t blocked = signals;
    sigaddset(&blocked, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    std::signal(SIGPIPE, SIG_IGN); // whoever reads our output may go away
    return signals;
}

std::optional<config::Config> load_configuration(const CommandLine& command_line) {
    config::Loaded loaded = config::load(command_line.config, command_line.overrides);
    for (const config::Diagnostic& warning : loaded.warnings) {
        fmt::print(stderr, "warning: {}\n", warning.text());
    }
    for (const config::Diagnostic& error : loaded.errors) {
        fmt::print(stderr, "{}\n", error.text());
    }
    return std::move(loaded.config);
}

// The socket is taken before anything else is, so that one who has it is named first.
Result<shell::Ways> ways_of(const config::Control& control, const CommandLine& command_line) {
    shell::Ways ways{.interactive = command_line.interactive,
                     .command_file = command_line.command_file};
    if (!control.socket.empty()) {
        auto socket = shell::ControlSocket::open(control.socket, control.group);
        if (!socket) {
            return std::move(socket).error();
        }
        ways.socket.emplace(*std::move(socket));
    }
    return ways;
}

int run(const CommandLine& command_line) {
    const sigset_t end_signals = block_signals();
    config::keep_keys_from_core_dumps();
    const bool never_swapped = config::keep_keys_from_swap();
    auto config = load_configuration(command_line);
    if (!config) {
        return EXIT_FAILURE;
    }
    const log::Session log_session(config->log.format, config->log.level);
    if (!never_swapped) {
        log::info("memory", "keys may be swapped out: allow locked memory (LimitMEMLOCK=infinity, "
                            "or CAP_IPC_LOCK), or have no swap");
    }
    auto ways = ways_of(config->control, command_line);
    if (!ways) {
        log::error("shell", "{}", ways.error().message);
        return EXIT_FAILURE;
    }
    auto appliance = Appliance::create(*std::move(config), command_line.eal_arguments);
    if (!appliance) {
        log::error("gateway", "{}", appliance.error().message);
        return EXIT_FAILURE;
    }
    auto reports = Reports::open(**appliance);
    if (!reports) {
        log::error("gateway", "{}", reports.error().message);
        return EXIT_FAILURE;
    }
    if (auto started = (*appliance)->start(); !started) {
        log::error("gateway", "{}", started.error().message);
        return EXIT_FAILURE;
    }
    StatisticsPrinter printer([&] { return (*appliance)->statistics(); }, command_line.stats_format,
                              std::chrono::seconds(command_line.stats_period));
    bool failed = false;
    {
        reload::Reloader reloader((*appliance)->gateway(), command_line.overrides);
        service::Service service([&] { return (*appliance)->vital_signs(); },
                                 std::chrono::seconds(command_line.ready_timeout));
        const reload::HangUp hang_up(reloader, service);
        const shell::Operator reached(**appliance, printer, reloader, *std::move(ways));
        (*appliance)->run(end_signals);
        failed = reached.failed();
    }
    reports->reset();
    printer.stop();
    (*appliance)->stop();
    printer.print_summary((*appliance)->statistics());
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
    const auto command_line = parse_command_line(argc, argv);
    if (const auto* exit_code = std::get_if<ExitCode>(&command_line)) {
        return exit_code->value;
    }
    try {
        return run(std::get<CommandLine>(command_line));
    } catch (const std::exception& error) {
        fmt::print(stderr, "mt6d-gateway: {}\n", error.what());
        return EXIT_FAILURE;
    }
}
