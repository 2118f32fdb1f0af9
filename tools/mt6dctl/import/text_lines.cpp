// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/import/text_lines.hpp"

#include "control/config/whole_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::importer {

namespace {

constexpr std::size_t largest_file_mib = 4;
constexpr std::string_view blanks = " \t\r";
constexpr std::string_view separators = " \t\r=,";

bool is_quote(char c) {
    return c == '"' || c == '\'';
}

// A comment begins the line, or follows a blank: a key may hold either sign. Not within quotes.
std::size_t end_of_content(std::string_view line) {
    char quote = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool after_blank = i == 0 || blanks.find(line[i - 1]) != blanks.npos;
        if (quote != 0) {
            quote = line[i] == quote ? '\0' : quote;
        } else if (is_quote(line[i])
                   && (after_blank || separators.find(line[i - 1]) != separators.npos)) {
            quote = line[i];
        } else if ((line[i] == '#' || line[i] == ';') && after_blank) {
            return i;
        }
    }
    return line.size();
}

std::string_view without_blanks_behind(std::string_view text) {
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string unquoted(std::string_view text) {
    if (text.size() >= 2 && is_quote(text.front()) && text.back() == text.front()) {
        text = text.substr(1, text.size() - 2);
    }
    return std::string(text);
}

bool is_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : blanks.find(c) != blanks.npos;
}

std::size_t end_of_word(std::string_view text, std::size_t begin) {
    if (is_quote(text[begin])) {
        const std::size_t closing = text.find(text[begin], begin + 1);
        return closing == text.npos ? text.size() : closing + 1;
    }
    return std::min(text.find_first_of(separators, begin), text.size());
}

} // namespace

std::string Place::text() const {
    return fmt::format("{}:{}:{}", file, line, column);
}

std::vector<Line> split_lines(std::string_view text, const std::string& file, Problems& problems) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    std::vector<Line> lines;
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view whole = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto strange = std::find_if_not(whole.begin(), whole.end(), is_text);
        if (strange != whole.end()) {
            const auto column = static_cast<std::uint32_t>(strange - whole.begin() + 1);
            problems.add(Place{file, number, column}, "is no text: is this the right file?");
            return {};
        }
        const std::string_view content =
            without_blanks_behind(whole.substr(0, end_of_content(whole)));
        const std::size_t first = content.find_first_not_of(blanks);
        if (first != content.npos) {
            lines.push_back({std::string(content.substr(first)),
                             {file, number, static_cast<std::uint32_t>(first + 1)}});
        }
    }
    return lines;
}

Result<std::string> read_text(const std::string& path) {
    return config::read_whole(config::system_files(), path, largest_file_mib,
                              "is this the right file?");
}

std::string in_small_letters(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

std::vector<Word> split_words(const Line& line, std::size_t most) {
    const std::string_view text = line.text;
    std::vector<Word> words;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(separators, at)) != text.npos) {
        const std::size_t end = words.size() + 1 == most ? text.size() : end_of_word(text, at);
        std::string word = unquoted(text.substr(at, end - at));
        Place place = line.at;
        place.column += static_cast<std::uint32_t>(at);
        at = end;
        // "alice: 2001:db8::a": the colon is a separator too, where it ends a word.
        if (words.size() + 1 != most && word.ends_with(':') && !word.ends_with("::")) {
            word.pop_back();
        }
        if (!word.empty()) {
            words.push_back({std::move(word), std::move(place)});
        }
    }
    return words;
}

} // namespace mt6d::importer
