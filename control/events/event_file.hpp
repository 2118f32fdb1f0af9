// SPDX-License-Identifier: BSD-3-Clause
// The file that the event log goes to. For one thread.
#pragma once

#include "control/state/descriptor.hpp"

#include <mt6d/result.hpp>

#include <string>
#include <string_view>

namespace mt6d::events {

class EventFile {
public:
    // Appends to what is there. A new file's mode is 0640, whatever the umask.
    static Result<EventFile> open(const std::string& path);

    // All of the whole lines, or none: what a failed attempt left behind is cut off again.
    Result<> write(std::string_view lines);
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    EventFile(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

    std::string path_;
    Descriptor file_;
};

} // namespace mt6d::events
