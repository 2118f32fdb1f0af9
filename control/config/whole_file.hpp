// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "control/config/files.hpp"

#include <string_view>

namespace mt6d::config {

// A file's text, if it is of at most `largest_mib`; else an error that ends in `hint`.
Result<std::string> read_whole(FileReader& files, const std::string& path, std::size_t largest_mib,
                               std::string_view hint);

} // namespace mt6d::config
