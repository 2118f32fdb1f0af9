// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/running_gateway.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string_view>

namespace mt6d::doctor {

namespace {

// Whether its command line names the file, relative to where it was started perhaps.
// /proc/PID/cmdline: arguments, each with a NUL behind it.
bool runs_with(const FileTree& files, const std::string& process, const std::string& config_file) {
    constexpr std::string_view option = "--config=";
    const std::filesystem::path start = files.target(process + "/cwd");
    std::istringstream input(files.text(process + "/cmdline"));
    for (std::string argument; std::getline(input, argument, '\0');) {
        if (argument.starts_with(option)) {
            argument.erase(0, option.size());
        }
        if ((start / argument).lexically_normal() == config_file) {
            return true;
        }
    }
    return false;
}

std::int64_t hugepages_of(const FileTree& files, const std::string& process) {
    for (const std::string& line : files.lines(process + "/status")) {
        const auto fields = words(line);
        if (fields.size() > 1 && fields[0] == "HugetlbPages:") {
            return std::strtoll(fields[1].c_str(), nullptr, 10);
        }
    }
    return 0;
}

} // namespace

std::int64_t hugepages_of_running_gateway(const FileTree& files, const std::string& config_file) {
    const std::string file = std::filesystem::absolute(config_file).lexically_normal();
    for (const std::string& name : files.names("/proc")) {
        const std::string process = "/proc/" + name;
        if (files.text(process + "/comm") == "mt6d-gateway" && runs_with(files, process, file)) {
            return hugepages_of(files, process);
        }
    }
    return 0;
}

} // namespace mt6d::doctor
