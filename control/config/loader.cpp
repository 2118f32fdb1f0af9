// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/loader.hpp"

#include "control/config/checks.hpp"
#include "control/config/overrides.hpp"
#include "control/config/scalars.hpp"
#include "control/config/sections.hpp"
#include "control/config/streams.hpp"
#include "control/config/whole_file.hpp"
#include "control/config/yaml_tree.hpp"

#include <fmt/format.h>

namespace mt6d::config {

namespace {

constexpr std::size_t largest_file_mib = 16;
constexpr std::uint64_t most_streams = 4'000'000;

StreamOptionsDraft read_defaults(Section& root) {
    const Value* const value = root.find("defaults");
    if (value == nullptr) {
        return {};
    }
    Section section(*value, "defaults", root.diagnostics());
    StreamOptionsDraft draft = read_stream_options(section);
    resolve(draft, {}, root.diagnostics());
    return draft;
}

// After the streams.
void read_streams_at_most(Section& root, Config& config) {
    const auto most = root.scalar("streams_at_most", [](std::string_view text) {
        return parse_number(text, 1, most_streams);
    });
    if (!most) {
        return;
    }
    if (most->value < config.streams.size()) {
        root.diagnostics().error(
            most->at, fmt::format("streams_at_most is {}, and there are {} streams: write at least "
                                  "that, and more to have room for others",
                                  most->value, config.streams.size()));
    }
    config.streams_at_most = static_cast<std::uint32_t>(most->value);
}

void read_all_streams(Section& root, Config& config, Hosts& hosts, bool next_hops_known,
                      FileReader& files) {
    Diagnostics& diagnostics = root.diagnostics();
    const std::string directory = directory_of(config.file);
    config.defaults = std::make_shared<const StreamOptionsDraft>(read_defaults(root));
    StreamSet set(hosts, diagnostics);
    const StreamSurroundings context{directory,        files, config,     next_hops_known, hosts,
                                     *config.defaults, set,   diagnostics};
    read_streams(root, context);
    read_streams_file(root, context);
    if (set.streams().empty() && !diagnostics.failed()) {
        diagnostics.error(root.at(), "no stream: write at least one in streams, or name a "
                                     "streams_file that holds one");
    }
    config.streams = set.take();
    read_streams_at_most(root, config);
}

void read_config(const Value& tree, Config& config, Diagnostics& diagnostics, FileReader& files) {
    Section root(tree, "", diagnostics);
    read_process(root, config);
    read_control(root, config);
    read_reports(root, config);
    const PortFacts internal = read_internal(root, config.internal);
    const ExternalFacts external = read_external(root, config.external);
    Hosts hosts = read_hosts(root);
    read_all_streams(root, config, hosts, external.next_hops_known, files);
    check_ports(config, internal, external, diagnostics);
    if (!diagnostics.failed()) {
        warn_unused(hosts, diagnostics);
    }
}

} // namespace

Loaded load_text(std::string_view text, const std::string& file,
                 const std::vector<std::string>& overrides, FileReader& files) {
    Diagnostics diagnostics(file);
    Config config;
    config.file = file;
    if (auto tree = parse_yaml(text, diagnostics)) {
        apply_overrides(*tree, overrides, diagnostics);
        if (tree->kind == Value::Kind::null) {
            diagnostics.error({Origin::file, 1, 1}, "the file is empty: begin with one of the "
                                                    "examples in conf/");
        } else {
            read_config(*tree, config, diagnostics, files);
        }
    }
    Loaded loaded{std::nullopt, diagnostics.errors(), diagnostics.warnings()};
    if (loaded.errors.empty()) {
        loaded.config = std::move(config);
    }
    return loaded;
}

Loaded load(const std::string& path, const std::vector<std::string>& overrides, FileReader& files) {
    const auto text =
        read_whole(files, path, largest_file_mib, "put the streams into a streams_file");
    if (!text) {
        Diagnostics diagnostics(path);
        diagnostics.error({}, text.error().message);
        return {std::nullopt, diagnostics.errors(), {}};
    }
    return load_text(*text, path, overrides, files);
}

Loaded load(const std::string& path, const std::vector<std::string>& overrides) {
    return load(path, overrides, system_files());
}

} // namespace mt6d::config
