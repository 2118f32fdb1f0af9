// SPDX-License-Identifier: BSD-3-Clause
// Files that hold keys, or stand beside such: nobody but their owner reads them.
#pragma once

#include <mt6d/result.hpp>

#include <string>
#include <string_view>

namespace mt6d::ctl {

enum class Existing {
    refuse, // what has that name stays as it is
    replace // as a whole: a crash leaves the old file or the new one
};

// Makes a file with this content, mode 0600, and puts it on the disk. The error names the file and
// never its content.
Result<> write_private_file(const std::string& path, std::string_view content, Existing existing);

} // namespace mt6d::ctl
