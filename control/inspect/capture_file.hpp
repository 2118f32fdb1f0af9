// SPDX-License-Identifier: BSD-3-Clause
// A capture on the disk: made for its owner alone, and readable up to its last whole block whatever
// happens. Pure but for the file.
#pragma once

#include "control/inspect/pcapng.hpp"
#include "control/state/descriptor.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <string>

namespace mt6d {

class CaptureFile {
public:
    // Makes the file; one that exists is an error, unless it may be overwritten.
    static Result<CaptureFile> open(const std::string& path, bool overwrite);

    // Blocks are kept until flush().
    [[nodiscard]] pcapng::Blocks& blocks() { return blocks_; }
    // On an error the file ends with what was flushed before.
    Result<> flush();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::uint64_t size() const { return size_; } // of what was flushed

private:
    CaptureFile(std::string path, Descriptor file)
        : path_(std::move(path)), file_(std::move(file)) {}

    std::string path_;
    Descriptor file_;
    pcapng::Blocks blocks_;
    std::uint64_t size_ = 0;
};

} // namespace mt6d
