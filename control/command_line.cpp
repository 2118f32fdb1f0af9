// SPDX-License-Identifier: BSD-3-Clause
#include "control/command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>

namespace mt6d {

namespace {

constexpr int usage_error = 2;
constexpr std::uint32_t longest_stats_period = 86400;
constexpr std::uint32_t longest_ready_timeout = 3600;

constexpr const char* description =
    "MT6D gateway: carries pairs of IPv6 hosts' packets between addresses that change every few "
    "seconds.";

constexpr const char* footer = R"(
Example:
  mt6d-gateway --config /etc/mt6d/site-a.yaml --stats-period 10
  mt6d-gateway --config site-a.yaml --set defaults.rotation=2s --set idle=sleep -- \
      --log-level=pmd.net:debug

Cores, memory and devices follow from the configuration; what stands after -- goes to DPDK's EAL as
it is. While it runs, mt6dctl talks to it (docs/operating.md). Logs go to standard error, statistics
to standard output. SIGINT, SIGTERM and SIGQUIT end the gateway cleanly; SIGHUP has it read its
configuration again (mt6dctl reload). To check a configuration and start nothing: mt6dctl check FILE
)";

std::string check_override(const std::string& text) {
    const auto equals = text.find('=');
    return equals == std::string::npos || equals == 0
               ? "'" + text + "' is no key=value: write it like --set defaults.rotation=2s"
               : "";
}

} // namespace

std::variant<CommandLine, ExitCode> parse_command_line(int argc, const char* const* argv) {
    const char* const* const end = argv + argc;
    // CLI11 would take what follows "--" for its own positional arguments.
    const char* const* const separator = std::find(argv, end, std::string_view("--"));

    CommandLine line;
    line.eal_arguments.assign(separator == end ? end : separator + 1, end);

    CLI::App app(description, "mt6d-gateway");
    app.footer(footer);
    app.get_formatter()->column_width(34);
    app.set_version_flag("--version", "mt6d-gateway " MT6D_VERSION);
    app.add_option("--config", line.config, "Configuration file (YAML)")
        ->required()
        ->type_name("FILE");
    app.add_option("--set", line.overrides,
                   "Set a value of the configuration, by its dotted path; may be repeated")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->check(check_override);
    app.add_option("--stats-period", line.stats_period,
                   "Print statistics every N seconds; 0: only a summary at the end")
        ->type_name("N")
        ->check(CLI::Range(std::uint32_t{0}, longest_stats_period));
    std::string format = "text";
    app.add_option("--stats-format", format, "Form of the statistics")
        ->type_name("FORM")
        ->check(CLI::IsMember({"text", "json"}));
    app.add_option(
           "--ready-timeout", line.ready_timeout,
           "Under systemd: say that the gateway is ready after N seconds even if a port has "
           "no link yet, or nothing keeps the clock right; 60 unless given")
        ->type_name("N")
        ->check(CLI::Range(std::uint32_t{0}, longest_ready_timeout));
    app.add_flag("-i,--interactive", line.interactive,
                 "Show a prompt for commands (help lists them); quit or Ctrl-D ends the gateway");
    app.add_option("--command-file", line.command_file,
                   "Run the commands of FILE once packets flow; one that fails is named with its "
                   "line, and ends the gateway")
        ->type_name("FILE");
    try {
        app.parse(static_cast<int>(separator - argv), argv);
    } catch (const CLI::ParseError& error) {
        return ExitCode{app.exit(error) == 0 ? 0 : usage_error};
    }
    line.stats_format = format == "json" ? StatsFormat::json : StatsFormat::text;
    return line;
}

} // namespace mt6d
