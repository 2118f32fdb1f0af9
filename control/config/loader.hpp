// SPDX-License-Identifier: BSD-3-Clause
// From a configuration file to a Config, or to all that is wrong with it.
#pragma once

#include "control/config/config.hpp"
#include "control/config/diagnostics.hpp"
#include "control/config/files.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::config {

struct Loaded {
    std::optional<Config> config; // exactly if there are no errors
    std::vector<Diagnostic> errors;
    std::vector<Diagnostic> warnings;
};

// Reads the file and all that it names. `overrides` are `key=value` each, as of `--set`.
Loaded load(const std::string& path, const std::vector<std::string>& overrides);
Loaded load(const std::string& path, const std::vector<std::string>& overrides, FileReader& files);

// The same for a file whose content is at hand; `file` names it in messages, and its directory is
// where key files and the streams file are looked for.
Loaded load_text(std::string_view text, const std::string& file,
                 const std::vector<std::string>& overrides, FileReader& files);

} // namespace mt6d::config
