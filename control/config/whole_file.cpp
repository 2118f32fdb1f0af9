// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/whole_file.hpp"

#include <fmt/format.h>

#include <array>

namespace mt6d::config {

Result<std::string> read_whole(FileReader& files, const std::string& path, std::size_t largest_mib,
                               std::string_view hint) {
    const auto input = files.open(path, Privacy::anyone);
    if (!input) {
        return input.error();
    }
    std::string text;
    std::array<char, 16384> buffer{};
    for (;;) {
        const auto count = (*input)->read(buffer);
        if (!count) {
            return count.error();
        }
        if (*count == 0) {
            return text;
        }
        text.append(buffer.data(), *count);
        if (text.size() > largest_mib << 20U) {
            return Error{fmt::format("is larger than {} MiB: {}", largest_mib, hint)};
        }
    }
}

} // namespace mt6d::config
