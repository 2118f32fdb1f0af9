// SPDX-License-Identifier: BSD-3-Clause
// The original's files as lines and words, whoever wrote them: comments begin with # or ;, words
// are parted by white space, = and commas, and a value may stand in quotes.
#pragma once

#include "control/config/diagnostics.hpp"

#include <mt6d/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::importer {

struct Place {
    std::string file;
    std::uint32_t line = 0; // from 1
    std::uint32_t column = 0;

    [[nodiscard]] std::string text() const;
};

struct Word {
    std::string text;
    Place at;
};

struct Line {
    std::string text; // without its comment
    Place at;         // of its first character
};

// What is wrong with the files, each with its place.
class Problems {
public:
    void add(const Place& at, std::string message) {
        list_.push_back({at.text(), std::move(message)});
    }
    // For a file as a whole.
    void add(const std::string& file, std::string message) {
        list_.push_back({file, std::move(message)});
    }
    [[nodiscard]] bool empty() const { return list_.empty(); }
    [[nodiscard]] const std::vector<config::Diagnostic>& list() const { return list_; }

private:
    std::vector<config::Diagnostic> list_;
};

// The error says why there is no text, without the path.
Result<std::string> read_text(const std::string& path);
// The lines that say something. `file` names the text in messages. What is no text has none.
std::vector<Line> split_lines(std::string_view text, const std::string& file, Problems& problems);

// ASCII letters alone.
std::string in_small_letters(std::string_view text);

// At most `most` words; the last has all that is left of the line.
std::vector<Word> split_words(const Line& line, std::size_t most);

} // namespace mt6d::importer
