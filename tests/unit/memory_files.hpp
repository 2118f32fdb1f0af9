// SPDX-License-Identifier: BSD-3-Clause
// Files that exist in a test alone.
#pragma once

#include "control/config/files.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>

namespace mt6d::config {

class MemoryInput final : public Input {
public:
    // Hands out at most `step` bytes a call, for readers must not count on more.
    MemoryInput(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}

    Result<std::size_t> read(std::span<char> buffer) override {
        const std::size_t count = std::min({buffer.size(), step_, text_.size() - offset_});
        std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(offset_), count, buffer.begin());
        offset_ += count;
        return count;
    }

private:
    std::string text_;
    std::size_t step_;
    std::size_t offset_ = 0;
};

class MemoryFiles final : public FileReader {
public:
    std::map<std::string, std::string> texts;
    std::size_t step = 1000;

    Result<std::unique_ptr<Input>> open(const std::string& path, Privacy /*privacy*/) override {
        const auto file = texts.find(path);
        if (file == texts.end()) {
            return Error{"cannot be opened: No such file or directory"};
        }
        return std::unique_ptr<Input>(std::make_unique<MemoryInput>(file->second, step));
    }
};

} // namespace mt6d::config
