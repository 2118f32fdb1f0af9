// SPDX-License-Identifier: BSD-3-Clause
// Where streams come from: the `streams` list, and the streams file.
#pragma once

#include "control/config/files.hpp"
#include "control/config/sections.hpp"
#include "control/config/stream_options.hpp"
#include "control/config/stream_set.hpp"

#include <string>

namespace mt6d::config {

// What reading a stream needs of its surroundings.
struct StreamSurroundings {
    const std::string& directory; // of the configuration file; other names are relative to it
    FileReader& files;
    const Config& config; // its ports
    bool next_hops_known; // or there is no use in asking for them
    const Hosts& hosts;
    const StreamOptionsDraft& defaults;
    StreamSet& set;
    Diagnostics& diagnostics;
};

// Of a file's name.
std::string directory_of(const std::string& file);

// `name` as written in the configuration, made relative to its directory.
std::string resolve_path(const std::string& directory, const std::string& name);

// Reads the `streams` list.
void read_streams(Section& root, const StreamSurroundings& context);

// Reads the file that `streams_file` names, line by line.
void read_streams_file(Section& root, const StreamSurroundings& context);

// Reports a remote host whose hashed addresses have no next hop (docs/protocol.md, 7.4).
void check_reachable(const Host& remote, Position at, const StreamSurroundings& context);

} // namespace mt6d::config
