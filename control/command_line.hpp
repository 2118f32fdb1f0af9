// SPDX-License-Identifier: BSD-3-Clause
// The gateway's command line.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace mt6d {

enum class StatsFormat { text, json };

struct CommandLine {
    std::string config;                 // path of the configuration file
    std::vector<std::string> overrides; // "key=value", in the order given
    std::uint32_t stats_period = 0;     // seconds; 0: only the summary at the end
    StatsFormat stats_format = StatsFormat::text;
    std::uint32_t ready_timeout = 60;       // seconds, until a service is called ready in any case
    bool interactive = false;               // a prompt in the terminal
    std::string command_file;               // of commands to run at the start; empty: none
    std::vector<std::string> eal_arguments; // what stood after "--"
};

struct ExitCode {
    int value; // 0 after --help and --version, else 2
};

// Prints help, version (standard output) or what is wrong (standard error) where it returns an
// ExitCode.
std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv);

} // namespace mt6d
