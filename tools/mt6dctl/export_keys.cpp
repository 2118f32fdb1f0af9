// SPDX-License-Identifier: BSD-3-Clause
// mt6dctl export-keys: a configuration's streams with all keys that are known of them, for the
// dissector (docs/dissector.md). The form is that of a streams file, and an option epoch=N.
#include "control/config/loader.hpp"
#include "control/crypto/secret_text.hpp"
#include "tools/mt6dctl/commands.hpp"
#include "tools/mt6dctl/private_file.hpp"
#include "tools/mt6dctl/stored_keys.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

namespace mt6d::ctl {

namespace {

struct Options {
    std::string config;
    std::string output;
    bool force = false;
};

void add_line(SecretText& text, const config::Stream& stream, const config::SessionKey& key,
              std::uint32_t epoch) {
    const config::Host& local = stream.local;
    const config::Host& remote = stream.remote;
    const config::StreamOptions& options = stream.options;
    text += fmt::format("{} {} {} {} ", local.address.text(), local.mac.text(),
                        remote.address.text(), remote.mac.text());
    text += key.hex();
    text += fmt::format(" name={} rotation={}s lifetime={}s hash={} base_port={}", stream.name,
                        options.rotation, options.lifetime, config::name_of(options.hash),
                        options.base_port);
    if (local.hashed_prefix) {
        text += " local_prefix=" + local.hashed_prefix->text();
    }
    if (remote.hashed_prefix) {
        text += " remote_prefix=" + remote.hashed_prefix->text();
    }
    text += fmt::format(" epoch={}\n", epoch);
}

// How many keys there are. Keys on the disk that cannot be read are told, and passed over.
std::size_t add_lines(SecretText& text, const config::Config& config) {
    std::size_t count = 0;
    for (const config::Stream& stream : config.streams) {
        add_line(text, stream, stream.key, 0);
        ++count;
        const auto stored = read_stored_keys(config.state_dir, stream);
        if (!stored) {
            fmt::print(stderr, "warning: stream {}: {}\n", stream.name, stored.error().message);
            continue;
        }
        for (const EpochKey& key : *stored) {
            add_line(text, stream, key.key, key.epoch);
            ++count;
        }
    }
    return count;
}

int export_keys(const Options& options) {
    const config::Loaded loaded = config::load(options.config, {});
    for (const config::Diagnostic& error : loaded.errors) {
        fmt::print(stderr, "{}\n", error.text());
    }
    if (!loaded.config) {
        return failure;
    }
    SecretText text;
    const std::size_t count = add_lines(text, *loaded.config);
    const auto written = write_private_file(options.output, text,
                                            options.force ? Existing::replace : Existing::refuse);
    if (!written) {
        return fail(written.error().message);
    }
    fmt::print(
        stderr,
        "WARNING: {} now holds {} session key{} in the clear. Whoever reads it opens the "
        "packets that they seal, finds the hosts, and can take part in key exchange. Keep it "
        "off shared machines, and remove it when the capture is read.\n",
        options.output, count, count == 1 ? "" : "s");
    return success;
}

} // namespace

void add_export_keys(CLI::App& app, int& status) {
    auto* const command = app.add_subcommand(
        "export-keys", "Writes all session keys of a configuration, those of its state directory "
                       "too, to OUTPUT (mode 0600), for the Wireshark dissector.");
    const auto options = std::make_shared<Options>();
    command->add_option("FILE", options->config, "The configuration")->required()->type_name("");
    command->add_option("OUTPUT", options->output, "The file to make")->required()->type_name("");
    command->add_flag("--force", options->force, "Replaces OUTPUT if it exists");
    command->callback([options, &status] { status = export_keys(*options); });
}

} // namespace mt6d::ctl
