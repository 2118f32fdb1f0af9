// SPDX-License-Identifier: BSD-3-Clause
// The directory that holds what must survive the process. One process has it at a time, and
// nobody but its user and root can change what is in it. All of this blocks.
#pragma once

#include "control/state/descriptor.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace mt6d {

class StateDirectory {
public:
    // Makes it if it is not there: mode 0700, what leads to it 0755. Holds its lock from then on.
    static Result<StateDirectory> open(std::string path);

    [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }

    // For reading and writing. None, if there is no such file. An error, if it is not a regular
    // file that this user and root alone can write to.
    [[nodiscard]] Result<Descriptor> open_file(const std::string& name) const;
    // A file with this content, mode 0600. A crash leaves either none of that name or the whole.
    [[nodiscard]] Result<Descriptor> create_file(const std::string& name,
                                                 std::span<const std::uint8_t> content) const;
    // Renames to "NAME.WHY-TIME", with the time in UTC; returns the new path.
    [[nodiscard]] Result<std::string> move_aside(const std::string& name,
                                                 const std::string& why) const;
    // Likewise leaves a copy of `file`.
    [[nodiscard]] Result<std::string> copy_aside(const Descriptor& file, const std::string& name,
                                                 const std::string& why) const;

private:
    StateDirectory(std::string path, Descriptor directory)
        : path_(std::move(path)), directory_(std::move(directory)) {}

    Result<> take_lock();
    [[nodiscard]] std::string aside_name(const std::string& name, const std::string& why) const;
    [[nodiscard]] Result<> sync() const;

    std::string path_;
    Descriptor directory_;
    Descriptor lock_;
};

} // namespace mt6d
