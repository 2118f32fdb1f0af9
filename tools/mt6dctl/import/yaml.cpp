// SPDX-License-Identifier: BSD-3-Clause
// The configuration's text. What the original's files name stands in quotes, which none of the
// parsers lets through.
#include "tools/mt6dctl/import/importer.hpp"

#include <fmt/format.h>

#include <iterator>

namespace mt6d::importer {

namespace {

constexpr const char* head =
    R"(# Made by mt6dctl import from files of the original MT6D. docs/configuration.md explains every key,
# docs/migrating.md what became of the original's. The peer needs the same but for its ports, with
# local and remote exchanged.

idle: sleep
)";

template <class... Arguments>
void add(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

void add_defaults(std::string& text, const SiteSettings& settings) {
    add(text, "\ndefaults:\n");
    add(text, "  cipher: {}\n", settings.is_encrypted.value_or(true) ? "aes-256-gcm" : "none");
    if (settings.rotation) {
        add(text, "  rotation: {}s\n", *settings.rotation);
    }
    if (settings.hash) {
        add(text, "  hash: {}\n", config::name_of(*settings.hash));
    }
    if (settings.flow_labels) {
        add(text, "  flow_labels: {}\n", *settings.flow_labels);
    }
    if (settings.rekey_interval || settings.rekey_window) {
        add(text, "  rekey:\n");
    }
    if (settings.rekey_interval) {
        add(text, "    interval: {}s\n", *settings.rekey_interval);
    }
    if (settings.rekey_window) {
        add(text, "    window: {}s\n", *settings.rekey_window);
    }
}

} // namespace

std::string make_yaml(const SiteSettings& settings, const Site& site) {
    std::string text = head;
    if (!settings.log_level.empty()) {
        add(text, "log: {{ level: {} }}\n", settings.log_level);
    }
    add(text, "\ninternal:\n  device: net_af_xdp0,iface={}\n", settings.internal_interface);
    add(text, "\nexternal:\n  device: net_af_xdp1,iface={}\n", settings.external_interface);
    add_defaults(text, settings);
    add(text, "\nhosts:\n");
    for (const SiteHost& host : site.hosts) {
        add(text, "  - {{ name: \"{}\", address: \"{}\", mac: \"{}\" }}\n", host.name,
            host.address.text(), host.mac.text());
    }
    add(text, "\nstreams:\n");
    for (const SiteStream& stream : site.streams) {
        add(text, "  - {{ local: \"{}\", remote: \"{}\", key_file: \"{}\" }}\n", stream.local,
            stream.remote, stream.key_file());
    }
    return text;
}

} // namespace mt6d::importer
