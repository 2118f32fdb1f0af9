// SPDX-License-Identifier: BSD-3-Clause
// What /sys, /proc, /dev and /etc say: of this machine, or of a copy of another's under a
// directory. Nothing here writes, nor fails: what is not there is empty.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mt6d::doctor {

// Who may do what with a file.
struct Access {
    uid_t user = 0;
    gid_t group = 0;
    mode_t mode = 0; // permission bits alone
};

class FileTree {
public:
    // "/" is this machine.
    explicit FileTree(std::filesystem::path root = "/") : root_(std::move(root)) {}

    // And no copy: what its kernel answers to questions is of the same machine.
    [[nodiscard]] bool is_this_machine() const { return root_ == "/"; }
    // All paths are absolute, as they are on the machine looked at.
    [[nodiscard]] bool exists(std::string_view path) const;
    // Without the white space at its end.
    [[nodiscard]] std::string text(std::string_view path) const;
    [[nodiscard]] std::vector<std::string> lines(std::string_view path) const;
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view path) const;
    // Of what is in a directory, sorted.
    [[nodiscard]] std::vector<std::string> names(std::string_view path) const;
    // What a symbolic link says; and the last part of that.
    [[nodiscard]] std::string target(std::string_view path) const;
    [[nodiscard]] std::string target_name(std::string_view path) const;
    // Of what the path leads to.
    [[nodiscard]] std::optional<Access> access(std::string_view path) const;

private:
    [[nodiscard]] std::filesystem::path real(std::string_view path) const;

    std::filesystem::path root_;
};

// "a b  c" to its words.
std::vector<std::string> words(std::string_view line);

} // namespace mt6d::doctor
