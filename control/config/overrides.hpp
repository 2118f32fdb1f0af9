// SPDX-License-Identifier: BSD-3-Clause
// `--set key=value`: changes to the YAML tree before anything looks at it.
#pragma once

#include "control/config/yaml_tree.hpp"

#include <string>
#include <vector>

namespace mt6d::config {

// `key` is a path of keys, and of list indices from 0, separated by dots; `value` is a scalar or a
// [list] in YAML. Sections that are missing are made. Later overrides win.
void apply_overrides(Value& root, const std::vector<std::string>& overrides,
                     Diagnostics& diagnostics);

} // namespace mt6d::config
