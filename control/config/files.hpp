// SPDX-License-Identifier: BSD-3-Clause
// How the loader reaches files: an interface, so that tests and fuzzers bring their own.
#pragma once

#include <mt6d/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace mt6d::config {

enum class Privacy {
    anyone,    // what it is and who may read it does not matter
    owner_only // holds keys: a regular file of this user or root that nobody else may touch
};

class Input {
public:
    Input() = default;
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;
    virtual ~Input() = default;

    // Fills the front of `buffer` and returns the number of bytes; 0 at the end.
    virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

class FileReader {
public:
    FileReader() = default;
    FileReader(const FileReader&) = delete;
    FileReader& operator=(const FileReader&) = delete;
    virtual ~FileReader() = default;

    // Errors say why and how to mend it, without repeating the path.
    virtual Result<std::unique_ptr<Input>> open(const std::string& path, Privacy privacy) = 0;
};

// The file system.
FileReader& system_files();

} // namespace mt6d::config
