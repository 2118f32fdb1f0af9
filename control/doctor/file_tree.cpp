// SPDX-License-Identifier: BSD-3-Clause
#include "control/doctor/file_tree.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>

namespace mt6d::doctor {

namespace fs = std::filesystem;

fs::path FileTree::real(std::string_view path) const {
    return root_ / fs::path(path).relative_path();
}

bool FileTree::exists(std::string_view path) const {
    std::error_code ignored;
    return fs::exists(real(path), ignored);
}

std::string FileTree::text(std::string_view path) const {
    std::ifstream input(real(path));
    std::string content{std::istreambuf_iterator<char>(input), {}};
    content.erase(content.find_last_not_of(" \t\n") + 1);
    return content;
}

std::vector<std::string> FileTree::lines(std::string_view path) const {
    std::ifstream input(real(path));
    std::vector<std::string> found;
    for (std::string line; std::getline(input, line);) {
        found.push_back(std::move(line));
    }
    return found;
}

std::optional<std::int64_t> FileTree::number(std::string_view path) const {
    const std::string digits = text(path);
    std::int64_t value = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return failure == std::errc{} ? std::optional(value) : std::nullopt;
}

std::vector<std::string> FileTree::names(std::string_view path) const {
    std::error_code failure;
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(real(path), failure)) {
        found.push_back(entry.path().filename());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::string FileTree::target(std::string_view path) const {
    std::error_code failure;
    return fs::read_symlink(real(path), failure);
}

std::string FileTree::target_name(std::string_view path) const {
    return fs::path(target(path)).filename();
}

std::optional<Access> FileTree::access(std::string_view path) const {
    struct stat status {};
    if (::stat(real(path).c_str(), &status) != 0) {
        return std::nullopt;
    }
    return Access{status.st_uid, status.st_gid, status.st_mode & 07777U};
}

std::vector<std::string> words(std::string_view line) {
    std::istringstream input{std::string(line)};
    return {std::istream_iterator<std::string>(input), {}};
}

} // namespace mt6d::doctor
