// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl check: what mt6d-gateway would say about a configuration, without starting anything.
#include "control/config/loader.hpp"
#include "tools/mt6dctl/commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d::ctl {

namespace {

std::size_t count_hosts(const std::vector<config::Stream>& streams) {
    std::vector<Ipv6Address> addresses;
    addresses.reserve(2 * streams.size());
    for (const config::Stream& stream : streams) {
        addresses.push_back(stream.local.address);
        addresses.push_back(stream.remote.address);
    }
    std::sort(addresses.begin(), addresses.end());
    return static_cast<std::size_t>(std::unique(addresses.begin(), addresses.end())
                                    - addresses.begin());
}

std::string counted(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// "2 aes-256-gcm, 1 none (in the clear)".
std::string count_ciphers(const std::vector<config::Stream>& streams) {
    constexpr std::array<std::pair<Cipher, std::string_view>, 3> ciphers{{
        {Cipher::aes_256_gcm, "aes-256-gcm"},
        {Cipher::aes_256_cbc, "aes-256-cbc (legacy)"},
        {Cipher::none, "none (in the clear)"},
    }};
    std::string text;
    for (const auto& [cipher, name] : ciphers) {
        const auto count = std::count_if(streams.begin(), streams.end(),
                                         [wanted = cipher](const config::Stream& stream) {
                                             return stream.options.cipher == wanted;
                                         });
        if (count != 0) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, name);
        }
    }
    return text;
}

int check(const std::string& path, const std::vector<std::string>& overrides) {
    const config::Loaded loaded = config::load(path, overrides);
    for (const config::Diagnostic& error : loaded.errors) {
        fmt::print(stderr, "{}\n", error.text());
    }
    for (const config::Diagnostic& warning : loaded.warnings) {
        fmt::print(stderr, "warning: {}\n", warning.text());
    }
    if (!loaded.config) {
        return failure;
    }
    const auto& streams = loaded.config->streams;
    fmt::print("{}: good, {} in {}: {}\n", path, counted(count_hosts(streams), "host"),
               counted(streams.size(), "stream"), count_ciphers(streams));
    return success;
}

struct Options {
    std::string path;
    std::vector<std::string> overrides;
};

} // namespace

void add_check(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "check", "Checks a configuration, its key files and its streams file as mt6d-gateway "
                 "does at its start, and prints all that is wrong.");
    const auto options = std::make_shared<Options>();
    command->add_option("FILE", options->path, "The configuration")->required()->type_name("");
    command
        ->add_option("--set", options->overrides,
                     "Changes one value before the checks, like mt6d-gateway's --set: "
                     "--set defaults.rotation=2s")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    command->callback([options, &status] { status = check(options->path, options->overrides); });
}

} // namespace mt6d::ctl
