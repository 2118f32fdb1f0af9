// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl's own commands. Each adds itself to the command line, and runs when it was chosen.
#pragma once

#include <CLI/CLI.hpp>

#include <string_view>

namespace mt6d::ctl {

// What the process ends with.
inline constexpr int success = 0;
inline constexpr int failure = 1;     // the command could not do what it was asked
inline constexpr int usage = 2;       // nobody can know what was asked
inline constexpr int unreachable = 3; // there is no gateway to ask

// Each stores what the command returned in `status` when it runs.
void add_keygen(CLI::App& app, int& status);
void add_check(CLI::App& app, int& status);
void add_derive(CLI::App& app, int& status);
void add_export_keys(CLI::App& app, int& status);
void add_import(CLI::App& app, int& status);
void add_doctor(CLI::App& app, int& status);
void add_lifelines(CLI::App& app, int& status);

// Prints "mt6dctl: message" to standard error, and returns `status`.
int fail(std::string_view message, int status = failure);

} // namespace mt6d::ctl
