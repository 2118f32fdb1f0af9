// SPDX-License-Identifier: BSD-3-Clause
// A directory of files that nobody but its user and root can change. All of this blocks.
#pragma once

#include "control/state/descriptor.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mt6d {

class Directory {
public:
    // Makes it if it is not there: mode 0700, what leads to it 0755. An error, if others may write
    // to it. May be reached over symbolic links: what counts is where they lead to.
    static Result<Directory> open(std::string path);
    // Likewise one in this one, but over no symbolic link.
    [[nodiscard]] Result<Directory> subdirectory(const std::string& name) const;

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string path_of(const std::string& name) const { return path_ + "/" + name; }
    // Of all that is in it, sorted.
    [[nodiscard]] Result<std::vector<std::string>> names() const;

    // For reading, and for writing unless `access` is O_RDONLY. None, if there is no such file. An
    // error, if it is not a regular file that this user and root alone can write to.
    [[nodiscard]] Result<Descriptor> open_file(const std::string& name) const;
    [[nodiscard]] Result<Descriptor> open_file(const std::string& name, int access) const;
    // Whether the system gives it for reading, whoever else may write to it.
    [[nodiscard]] bool can_be_opened(const std::string& name) const;
    [[nodiscard]] bool is_regular_file(const std::string& name) const;

    // Puts a file with this content, mode 0600, in the place of what has that name. A crash leaves
    // what was there or the whole, and which of them is certain after sync(); so does an error.
    [[nodiscard]] Result<Descriptor> put_file(const std::string& name,
                                              std::span<const std::uint8_t> content) const;
    // And sync().
    [[nodiscard]] Result<Descriptor> create_file(const std::string& name,
                                                 std::span<const std::uint8_t> content) const;
    // Certain after sync(). None of that name is no error.
    [[nodiscard]] Result<> remove_file(const std::string& name) const;
    // All names are on the disk as they are now.
    [[nodiscard]] Result<> sync() const;

    // What put_file() may leave when it is killed has the file's name and this.
    static constexpr const char* draft_suffix = ".new";

    // Renames to "NAME.WHY-TIME", with the time in UTC; returns the new path.
    [[nodiscard]] Result<std::string> move_aside(const std::string& name,
                                                 const std::string& why) const;
    // Renames a regular file to `aside`, in the place of what has that name, and makes its mode
    // 0600. Certain after sync().
    [[nodiscard]] Result<> rename_private(const std::string& name, const std::string& aside) const;
    // Leaves a copy of `file` as "NAME.WHY-TIME".
    [[nodiscard]] Result<std::string> copy_aside(const Descriptor& file, const std::string& name,
                                                 const std::string& why) const;

private:
    Directory(std::string path, Descriptor directory)
        : path_(std::move(path)), directory_(std::move(directory)) {}

    [[nodiscard]] std::string aside_name(const std::string& name, const std::string& why) const;

    std::string path_;
    Descriptor directory_;
};

} // namespace mt6d
