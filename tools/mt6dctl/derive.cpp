// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl derive: one hashed address (docs/protocol.md, sections 3 and 4).
#include "control/config/scalars.hpp"
#include "control/config/session_key.hpp"
#include "control/hashed_address.hpp"
#include "tools/mt6dctl/commands.hpp"

#include <mt6d/salt.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>

namespace mt6d::ctl {

namespace {

// As typed; the validators have seen each by itself.
struct Options {
    std::string address;
    std::string mac;
    std::string key;
    std::string key_file;
    std::string salt;
    std::string time;
    std::string rotation;
    std::int64_t offset = 0;
    std::string hash = "sha256";
    std::string prefix;
    bool json = false;
};

// Large enough for every clock, small enough that no sum below overflows.
constexpr std::uint64_t latest_time = std::uint64_t{1} << 56U;
constexpr std::int64_t largest_offset = 1'000'000'000;

Result<Salt> parse_salt(std::string_view text) {
    return config::parse_number(text, 0, std::numeric_limits<Salt>::max());
}

Result<std::uint64_t> parse_time(std::string_view text) {
    if (text == "now") {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::seconds>(now).count());
    }
    return config::parse_number(text, 0, latest_time);
}

// Seconds without a unit are what a script has at hand.
Result<std::uint32_t> parse_rotation(std::string_view text) {
    const bool bare = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    return config::parse_rotation(std::string(text) + (bare ? "s" : ""));
}

Result<Salt> choose_salt(const Options& options) {
    if (!options.salt.empty()) {
        return parse_salt(options.salt);
    }
    const auto time = static_cast<UnixSeconds>(*parse_time(options.time));
    const std::uint32_t rotation = *parse_rotation(options.rotation);
    if (time + options.offset * static_cast<std::int64_t>(rotation) < 0) {
        return Error{"--offset leads to a time before 1970: write a larger one"};
    }
    return salt_at(time, rotation, options.offset);
}

Result<config::SessionKey> choose_key(const Options& options) {
    if (!options.key.empty()) {
        return config::SessionKey::from_hex(options.key);
    }
    auto key = config::read_key_file(options.key_file);
    if (!key) {
        return std::move(key).error().in("key file " + options.key_file);
    }
    return key;
}

int derive(const Options& options) {
    const auto salt = choose_salt(options);
    if (!salt) {
        return fail(salt.error().message);
    }
    const auto key = choose_key(options);
    if (!key) {
        return fail(key.error().message);
    }
    config::Host host;
    host.address = *config::parse_host_address(options.address);
    host.mac = *config::parse_mac(options.mac);
    if (!options.prefix.empty()) {
        host.hashed_prefix = *config::parse_hashed_prefix(options.prefix);
    }
    const AddressHasher hasher(*config::parse_hash(options.hash));
    const HashedAddress hashed = hasher.derive(host, key->bytes(), *salt);
    if (options.json) {
        const nlohmann::ordered_json result{{"hashed", hashed.address.text()},
                                            {"salt", *salt},
                                            {"flow_label", hashed.flow_label},
                                            {"source_port", hashed.source_port}};
        fmt::print("{}\n", result.dump());
    } else {
        fmt::print("{}\n", hashed.address.text());
    }
    return success;
}

// A parser as a check of CLI11: the error's text, or "" for a good value.
template <class Parse>
auto valid(Parse parse) {
    return [parse](const std::string& text) -> std::string {
        const auto result = parse(text);
        return result ? "" : result.error().message;
    };
}

void add_host_options(CLI::App& command, Options& options) {
    command.add_option("--address", options.address, "The host's true address")
        ->required()
        ->type_name("A")
        ->check(valid(config::parse_host_address));
    command.add_option("--mac", options.mac, "The host's MAC address")
        ->required()
        ->type_name("M")
        ->check(valid(config::parse_mac));
    command.add_option("--prefix", options.prefix, "The host's hashed prefix, if it has one")
        ->type_name("P/64")
        ->check(valid(config::parse_hashed_prefix));
    command.add_option("--hash", options.hash, "sha256, sha384 or sha512")
        ->type_name("H")
        ->capture_default_str()
        ->check(valid(config::parse_hash));
}

void add_key_options(CLI::App& command, Options& options) {
    auto* const group = command.add_option_group("key", "The session key, one of:");
    group
        ->add_option("--key", options.key,
                     "The key itself. Everybody on this machine sees it in the list of processes, "
                     "and the shell keeps it in its history: for test vectors, never for a key "
                     "in use")
        ->type_name("HEX")
        ->check(valid(config::SessionKey::from_hex));
    group->add_option("--key-file", options.key_file, "A file made with mt6dctl keygen")
        ->type_name("F");
    group->require_option(1);
}

void add_time_options(CLI::App& command, Options& options) {
    auto* const group = command.add_option_group("when", "The salt, or the time, one of:");
    group->add_option("--salt", options.salt, "The number of the rotation")
        ->type_name("N")
        ->check(valid(parse_salt));
    auto* const time = group->add_option("--time", options.time, "Unix time in seconds, or now")
                           ->type_name("T")
                           ->check(valid(parse_time));
    group->require_option(1);
    auto* const rotation =
        command.add_option("--rotation", options.rotation, "Rotation time: 2s, 1m; with --time")
            ->type_name("R")
            ->check(valid(parse_rotation));
    time->needs(rotation);
    rotation->needs(time);
    command.add_option("--offset", options.offset, "0 is the active salt, 1 the next; with --time")
        ->type_name("K")
        ->check(CLI::Range(-largest_offset, largest_offset))
        ->needs(time);
}

} // namespace

void add_derive(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "derive", "Computes the hashed address that a host has under a key and a salt.");
    const auto options = std::make_shared<Options>();
    add_host_options(*command, *options);
    add_key_options(*command, *options);
    add_time_options(*command, *options);
    command->add_flag("--json", options->json,
                      "Prints an object with hashed, salt, flow_label and source_port");
    command->callback([options, &status] { status = derive(*options); });
}

} // namespace mt6d::ctl
