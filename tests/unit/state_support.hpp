// SPDX-License-Identifier: BSD-3-Clause
// State directories of tests: real ones, with real failures.
#pragma once

#include "control/state/number_cell.hpp"
#include "control/state/number_file.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mt6d {

using FileBytes = std::vector<std::uint8_t>;

using test::FileSizeLimit;
using test::TemporaryDirectory;

inline FileBytes read_bytes(const std::string& path) {
    std::ifstream input(path, std::ios::binary);
    if (!input) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(input), {}};
}

inline void write_bytes(const std::string& path, const FileBytes& bytes) {
    std::ofstream output(path, std::ios::binary | std::ios::trunc);
    output.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    if (!output.flush()) {
        throw std::runtime_error("cannot write " + path);
    }
    std::filesystem::permissions(path, std::filesystem::perms{0600});
}

// A record whose every field says whose it is (`key`) and how new (`age`).
inline NumberRecord record_of(std::uint32_t key, std::uint32_t age = 0) {
    NumberRecord record;
    for (std::size_t i = 0; i < record.key.stream.size(); ++i) {
        record.key.stream[i] = static_cast<std::uint8_t>(key >> (i % 4 * 8));
    }
    record.key.epoch = key % 3;
    record.sent_before = 0x0123456789abcdefU + age;
    record.received_before = (std::uint64_t{key} << 32U) + age;
    record.seed.fill(static_cast<std::uint8_t>(key + 1));
    record.newest_salt = 170000000 + age;
    for (std::size_t i = 0; i < record.used.size(); ++i) {
        record.used[i] = static_cast<std::uint16_t>(key + i + age);
    }
    return record;
}

inline Result<NumberFile::Opened> try_open_numbers(const std::string& path) {
    auto directory = StateDirectory::open(path);
    return directory ? NumberFile::open(*std::move(directory)) : std::move(directory).error();
}

// The file in `directory`, which is expected to open.
inline NumberFile::Opened open_numbers(const std::string& directory) {
    auto opened = try_open_numbers(directory);
    if (!opened) {
        throw std::runtime_error(opened.error().message);
    }
    return *std::move(opened);
}

// For temporary directories of tests that try thousands: in memory where that can be.
inline std::string quick_parent() {
    static const bool has_memory = ::access("/dev/shm", W_OK | X_OK) == 0;
    return has_memory ? "/dev/shm" : testing::TempDir();
}

// What another process would find in a file of these bytes.
inline NumberFile::Opened open_copy(const FileBytes& bytes) {
    const TemporaryDirectory directory(quick_parent());
    write_bytes(directory.path() + "/numbers", bytes);
    return open_numbers(directory.path());
}

} // namespace mt6d
