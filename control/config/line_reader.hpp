// SPDX-License-Identifier: BSD-3-Clause
// Lines of an input, one at a time, from one buffer that is wiped at the end: it has held keys.
#pragma once

#include "control/config/files.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace mt6d::config {

class LineReader {
public:
    static constexpr std::size_t longest = 4096; // bytes of a line, its end not counted

    explicit LineReader(Input& input) : input_(input), buffer_(16 * longest) {}
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;
    ~LineReader();

    struct Line {
        std::string_view text; // until the next call
        bool too_long = false; // and then `text` is only its beginning
    };
    // Nothing at the end of the input. Lines end in LF or CRLF; the last one need not.
    Result<std::optional<Line>> next();

private:
    Result<> fill();

    Input& input_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0; // of what has been read and not handed out
    std::size_t end_ = 0;
    bool at_end_ = false;
};

} // namespace mt6d::config
