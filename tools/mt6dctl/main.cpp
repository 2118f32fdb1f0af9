// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl: talks to a running gateway; makes keys, checks, imports and exports configurations,
// computes hashed addresses.
#include "control/config/session_key.hpp"
#include "tools/mt6dctl/commands.hpp"
#include "tools/mt6dctl/remote.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

namespace mt6d::ctl {

int fail(std::string_view message, int status) {
    fmt::print(stderr, "mt6dctl: {}\n", message);
    return status;
}

namespace {

constexpr const char* footer = R"(
Without a command of its own mt6dctl talks to a gateway that runs (docs/operating.md):
  mt6dctl                          its prompt; without a terminal, commands from standard input
  mt6dctl show streams             one command; mt6dctl help lists them
  mt6dctl --json show streams      the answer as one JSON document
  mt6dctl -f FILE                  a file of commands, up to the first that fails

From the original MT6D: mt6dctl import (docs/migrating.md). For captures in Wireshark: mt6dctl
export-keys (docs/dissector.md).

Exit status: 0 success, 1 failure, 2 wrong usage, 3 no gateway to talk to. `mt6dctl COMMAND --help`
tells more.)";

void add_remote_options(CLI::App& app, RemoteOptions& options) {
    app.add_option("--socket", options.socket,
                   "The gateway's control socket; needed where several run")
        ->type_name("PATH");
    app.add_option("-f,--file", options.script, "Runs the commands of FILE; - is standard input")
        ->type_name("FILE");
    app.add_flag("--json", options.json, "Prints answers as JSON");
    app.add_flag("--dry-run", options.dry_run, "With reload: says what it would do");
}

// The word that says what to do, if there is one.
std::string_view first_word(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--socket" || word == "-f" || word == "--file") {
            ++i; // its value
        } else if (!word.starts_with('-')) {
            return word;
        }
    }
    return {};
}

int run(int argc, char** argv) {
    CLI::App app{"Talks to a running mt6d-gateway; makes its keys, checks its configuration, and "
                 "computes the addresses that it uses."};
    app.name("mt6dctl");
    app.set_version_flag("--version", "mt6dctl " MT6D_VERSION);
    app.footer(footer);
    config::keep_keys_from_core_dumps();
    int status = success;
    RemoteOptions remote;
    add_remote_options(app, remote);
    add_keygen(app, status);
    add_check(app, status);
    add_derive(app, status);
    add_export_keys(app, status);
    add_import(app, status);
    add_doctor(app, status);
    add_lifelines(app, status);
    const auto own = app.get_subcommands([](CLI::App*) { return true; });
    const std::string_view word = first_word(argc, argv);
    const bool is_own = std::any_of(own.begin(), own.end(), [&](const CLI::App* command) {
        return command->get_name() == word;
    });
    if (!word.empty() && !is_own) {
        // A stream may have the name of one of them.
        for (CLI::App* const command : own) {
            command->disabled();
        }
        app.add_option("COMMAND", remote.words, "What the gateway is to do")
            ->type_name("")
            ->excludes("--file");
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? success : usage;
    }
    return is_own ? status : run_remote(remote);
}

} // namespace

} // namespace mt6d::ctl

int main(int argc, char** argv) {
    try {
        return mt6d::ctl::run(argc, argv);
    } catch (const std::exception& error) {
        return mt6d::ctl::fail(error.what());
    }
}
