// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl: makes keys, checks configurations, computes hashed addresses.
#include "control/config/session_key.hpp"
#include "tools/mt6dctl/commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace mt6d::ctl {

int fail(std::string_view message) {
    fmt::print(stderr, "mt6dctl: {}\n", message);
    return failure;
}

namespace {

int run(int argc, char** argv) {
    CLI::App app{"Makes keys for mt6d-gateway, checks its configuration, and computes the "
                 "addresses that it uses."};
    app.name("mt6dctl");
    app.set_version_flag("--version", "mt6dctl " MT6D_VERSION);
    app.require_subcommand(1);
    app.footer("Exit status: 0 success, 1 failure, 2 wrong usage. `mt6dctl COMMAND --help` tells "
               "more.");
    config::keep_keys_from_core_dumps();
    int status = success;
    add_keygen(app, status);
    add_check(app, status);
    add_derive(app, status);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? success : usage;
    }
    return status;
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
