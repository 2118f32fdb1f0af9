// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/line_reader.hpp"

#include <openssl/crypto.h>

#include <cstring>

namespace mt6d::config {

LineReader::~LineReader() {
    OPENSSL_cleanse(buffer_.data(), buffer_.size());
}

// Moves what is left to the front and reads behind it.
Result<> LineReader::fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const auto count = input_.read(std::span(buffer_).subspan(end_));
    if (!count) {
        return count.error();
    }
    at_end_ = *count == 0;
    end_ += *count;
    return {};
}

Result<std::optional<LineReader::Line>> LineReader::next() {
    bool skipping = false; // the rest of a line that is too long
    for (;;) {
        const std::string_view held(buffer_.data() + begin_, end_ - begin_);
        const auto end = held.find('\n');
        if (end == std::string_view::npos && held.size() > longest) {
            begin_ = end_;
            skipping = true;
        } else if (end == std::string_view::npos && !at_end_) {
            if (const auto filled = fill(); !filled) {
                return filled.error();
            }
        } else if (held.empty() && !skipping) {
            return std::optional<Line>{};
        } else {
            std::string_view text = held.substr(0, end);
            begin_ += end == std::string_view::npos ? held.size() : end + 1;
            if (text.ends_with('\r')) {
                text.remove_suffix(1);
            }
            return std::optional(Line{text, skipping || text.size() > longest});
        }
    }
}

} // namespace mt6d::config
