// SPDX-License-Identifier: BSD-3-Clause
// The list of streams.
#include "control/config/scalars.hpp"
#include "control/config/streams.hpp"
#include "control/config/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

namespace {

constexpr std::size_t longest_name = 127; // two hosts' names and a hyphen

Result<std::string> parse_stream_name(std::string_view text) {
    return parse_name(text, longest_name);
}

const Host* find_host(Section& section, std::string_view key, const StreamSurroundings& context,
                      Position& at) {
    section.require(key, "the name of a host of the hosts list");
    const auto name = section.text(key);
    if (!name) {
        return nullptr;
    }
    at = name->at;
    const auto found = context.hosts.by_name.find(name->value);
    if (found != context.hosts.by_name.end()) {
        return &found->second->host;
    }
    if (!context.hosts.broken.contains(name->value)) {
        std::vector<std::string_view> names;
        for (const DeclaredHost& declared : context.hosts.all) {
            names.push_back(declared.host.name);
        }
        context.diagnostics.error(
            name->at, fmt::format("{}: no host is named {}: add it to hosts{}", section.path(key),
                                  quoted(name->value), suggestion(name->value, names)));
    }
    return nullptr;
}

// A key where the name of its file belongs must not end up in a message.
bool looks_like_key(std::string_view text) {
    return text.size() >= 2 * SessionKey::min_size
           && std::all_of(text.begin(), text.end(), [](char c) {
                  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
              });
}

SessionKey read_key(Section& section, const StreamSurroundings& context) {
    section.require("key_file", "the name of a file made with mt6dctl keygen");
    const auto name = section.text("key_file");
    if (!name) {
        return {};
    }
    if (looks_like_key(name->value)) {
        context.diagnostics.error(name->at, "streams.key_file holds what looks like a key, and "
                                            "must name a file: put the key into a file of its own "
                                            "with mode 0600, or make a new one with mt6dctl "
                                            "keygen");
        return {};
    }
    const std::string path = resolve_path(context.directory, name->value);
    auto key = read_key_file(path, context.files);
    if (!key) {
        context.diagnostics.error(
            name->at, fmt::format("key file {}: {}", quoted(path), key.error().message));
        return {};
    }
    return *std::move(key);
}

void read_stream(const Value& item, const StreamSurroundings& context) {
    if (item.kind == Value::Kind::refused) {
        return;
    }
    Section section(item, "streams", context.diagnostics);
    const auto name = section.scalar("name", parse_stream_name);
    StreamPositions at{item.at, item.at, item.at, item.at};
    const Host* const local = find_host(section, "local", context, at.local);
    const Host* const remote = find_host(section, "remote", context, at.remote);
    const SessionKey key = read_key(section, context);
    const StreamOptionsDraft draft = read_stream_options(section);
    if (draft.rotation) {
        at.rotation = draft.rotation->at;
    }
    const StreamOptions options = resolve(draft, context.defaults, context.diagnostics);
    if (local == nullptr || remote == nullptr) {
        return;
    }
    check_reachable(*remote, at.remote, context);
    context.set.add(
        {name ? name->value : local->name + "-" + remote->name, *local, *remote, key, options}, at);
}

} // namespace

std::string directory_of(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == std::string::npos ? "" : file.substr(0, slash == 0 ? 1 : slash);
}

std::string resolve_path(const std::string& directory, const std::string& name) {
    return name.starts_with('/') || directory.empty() ? name : directory + "/" + name;
}

void read_streams(Section& root, const StreamSurroundings& context) {
    for (const Value& item :
         root.list("streams", "[{ local: alice, remote: bob, key_file: alice-bob.key }]")) {
        read_stream(item, context);
    }
}

void check_reachable(const Host& remote, Position at, const StreamSurroundings& context) {
    const External& external = context.config.external;
    if (!context.next_hops_known || external.default_router
        || external.router_advertisements == Advertisements::learn) {
        return;
    }
    const Ipv6Address& sample =
        remote.hashed_prefix ? remote.hashed_prefix->address : remote.address;
    const bool on_link = std::any_of(
        external.on_link.begin(), external.on_link.end(),
        [&](const Ipv6Prefix& prefix) { return prefix.length <= 64 && prefix.contains(sample); });
    if (!on_link) {
        Ipv6Prefix range{sample, 64};
        std::fill(range.address.bytes.begin() + 8, range.address.bytes.end(), std::uint8_t{0});
        context.diagnostics.error(
            at, fmt::format("{} cannot be reached: its hashed addresses lie in {}, which no prefix "
                            "of external.on_link covers, there is no external.default_router, and "
                            "router advertisements are ignored: write one of the two, or "
                            "router_advertisements: learn",
                            remote.name, range.text()));
    }
}

} // namespace mt6d::config
