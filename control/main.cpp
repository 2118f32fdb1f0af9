// SPDX-License-Identifier: BSD-3-Clause
#include "control/appliance.hpp"
#include "control/command_line.hpp"
#include "control/config/loader.hpp"
#include "control/config/session_key.hpp"
#include "control/log.hpp"
#include "control/statistics_printer.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace {

using namespace mt6d;

// False where whoever started this process (nohup) wants it to outlive its terminal.
bool ends_with_terminal() {
    struct sigaction now {};
    return sigaction(SIGHUP, nullptr, &now) != 0 || now.sa_handler != SIG_IGN;
}

// Blocked in every thread; the control lcore waits for them.
sigset_t block_end_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGQUIT);
    if (ends_with_terminal()) {
        sigaddset(&signals, SIGHUP);
    }
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
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

int run(const CommandLine& command_line) {
    const sigset_t end_signals = block_end_signals();
    config::keep_keys_from_core_dumps();
    const bool never_swapped = config::keep_keys_from_swap();
    auto config = load_configuration(command_line);
    if (!config) {
        return EXIT_FAILURE;
    }
    const log::Session log_session;
    if (!never_swapped) {
        log::info("memory", "keys may be swapped out: allow locked memory (LimitMEMLOCK=infinity, "
                            "or CAP_IPC_LOCK), or have no swap");
    }
    auto appliance = Appliance::create(*std::move(config), command_line.eal_arguments);
    if (!appliance) {
        log::error("gateway", "{}", appliance.error().message);
        return EXIT_FAILURE;
    }
    if (auto started = (*appliance)->start(); !started) {
        log::error("gateway", "{}", started.error().message);
        return EXIT_FAILURE;
    }
    StatisticsPrinter printer([&] { return (*appliance)->statistics(); }, command_line.stats_format,
                              std::chrono::seconds(command_line.stats_period));
    (*appliance)->run(end_signals);
    printer.stop();
    (*appliance)->stop();
    printer.print_summary((*appliance)->statistics());
    return EXIT_SUCCESS;
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
