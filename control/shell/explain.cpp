// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/explain.hpp"

#include "control/config/suggestion.hpp"
#include "control/shell/choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mt6d::shell {
namespace {

constexpr std::string_view blanks = " \t";

// A line without its comment, as its words.
std::vector<std::string_view> words_of(std::string_view line) {
    line = line.substr(0, line.find('#'));
    std::vector<std::string_view> words;
    for (;;) {
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        if (line.empty()) {
            return words;
        }
        words.push_back(line.substr(0, line.find_first_of(blanks)));
        line.remove_prefix(words.back().size());
    }
}

// How many words the form's tokens take from the beginning.
std::size_t matched(const Form& form, std::span<const std::string_view> words) {
    std::size_t count = 0;
    while (count < form.size() && count < words.size() && fits(form[count], words[count])) {
        ++count;
    }
    return count;
}

// What the forms that got that far expect next, each once.
struct Expected {
    std::vector<std::string> keywords;
    std::vector<std::string> all; // with meanings
};
Expected expected_at(std::size_t place, std::span<const Form> forms,
                     std::span<const std::string_view> words) {
    Expected expected;
    for (const Form& form : forms) {
        if (matched(form, words) != place || form.size() == place) {
            continue;
        }
        const Token& token = form[place];
        const bool keyword = token.kind == TokenKind::keyword;
        std::string text = keyword ? token.name : fmt::format("{} ({})", token.name, token.meaning);
        if (std::find(expected.all.begin(), expected.all.end(), text) != expected.all.end()) {
            continue;
        }
        expected.all.push_back(std::move(text));
        for (std::string& choice : choices_of(token)) {
            expected.keywords.push_back(std::move(choice));
        }
    }
    std::sort(expected.all.begin(), expected.all.end());
    return expected;
}

} // namespace

std::string shown(std::string_view word) {
    constexpr std::size_t longest = 40;
    std::string text;
    for (const char c : word.substr(0, longest)) {
        const auto byte = static_cast<unsigned char>(c);
        text += byte < 0x20 || byte >= 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return word.size() > longest ? text + "…" : text;
}

Error what_is_wrong(std::string_view line, std::span<const Form> forms) {
    const auto words = words_of(line);
    std::size_t place = 0;
    for (const Form& form : forms) {
        place = std::max(place, matched(form, words));
    }
    std::string before;
    for (std::size_t i = 0; i < place; ++i) {
        before += (i == 0 ? "" : " ") + shown(words[i]);
    }
    const std::string context = place == 0 ? "" : before + ": ";
    const Expected expected = expected_at(place, forms, words);
    if (expected.all.empty() && place < words.size()) {
        return Error{fmt::format("{}'{}' is too much: the command ends before it", context,
                                 shown(words[place]))};
    }
    const std::string all = fmt::format("{}", fmt::join(expected.all, ", "));
    if (place == words.size()) {
        return Error{fmt::format("{}more is expected: {}", context, all)};
    }
    const std::vector<std::string_view> candidates(expected.keywords.begin(),
                                                   expected.keywords.end());
    return Error{fmt::format("{}'{}' is not understood: expected {}{}", context,
                             shown(words[place]), all,
                             config::suggestion(words[place], candidates))};
}

} // namespace mt6d::shell
