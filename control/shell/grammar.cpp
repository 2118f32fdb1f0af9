// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/grammar.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

namespace mt6d::shell {
namespace {

struct Placeholder {
    std::string_view name;
    TokenKind kind;
    std::string_view meaning;
    std::uint64_t least = 0;
    std::uint64_t most = 0;
};

// What may stand in a grammar in capitals.
constexpr std::array placeholders{
    Placeholder{"STREAM", TokenKind::stream, "the name of a stream"},
    Placeholder{"PORT", TokenKind::port, "internal or external"},
    Placeholder{"REASON", TokenKind::reason, "a drop reason"},
    Placeholder{"POINT", TokenKind::point, "a port, or a point of capture"},
    Placeholder{"LEVEL", TokenKind::level, "debug, info, warning or error"},
    Placeholder{"AREA", TokenKind::area, "an area of the log"},
    Placeholder{"SECONDS", TokenKind::number, "a number of seconds, 0 to 86400", 0, 86400},
    Placeholder{"COUNT", TokenKind::number, "a number, 1 to 1000000", 1, 1'000'000},
    Placeholder{"PACKETS", TokenKind::number, "a number of packets, 1 to 1000", 1, 1000},
    Placeholder{"FILE", TokenKind::file, "the name of a file"},
    Placeholder{"HEX", TokenKind::hex, "a frame in hexadecimal digits"},
    Placeholder{"COMMAND", TokenKind::rest, "a command"},
    Placeholder{"TEXT", TokenKind::rest, "text"},
    Placeholder{"DEFINITION", TokenKind::line,
                "LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC key-file FILE "
                "[option=value]..."},
};

Token token_of(std::string_view word) {
    if (std::islower(static_cast<unsigned char>(word.front())) != 0 || word.front() == '-') {
        return {.kind = TokenKind::keyword, .name = std::string(word), .meaning = {}};
    }
    const auto* const found =
        std::find_if(placeholders.begin(), placeholders.end(),
                     [&](const Placeholder& one) { return one.name == word; });
    if (found == placeholders.end()) {
        std::abort(); // a grammar names a kind that there is not
    }
    return {found->kind, std::string(word), found->meaning, found->least, found->most};
}

// Appends the token to those forms that take part in what is being read.
void append(std::vector<Form>& forms, std::string_view word) {
    for (Form& form : forms) {
        form.push_back(token_of(word));
    }
}

} // namespace

std::vector<Form> forms_of(std::string_view grammar) {
    std::vector<Form> forms{{}};
    std::vector<Form> without; // what the forms were before the bracket
    while (!grammar.empty()) {
        const char first = grammar.front();
        if (first == ' ') {
            grammar.remove_prefix(1);
        } else if (first == '[') {
            without.insert(without.end(), forms.begin(), forms.end());
            grammar.remove_prefix(1);
        } else if (first == ']') {
            forms.insert(forms.begin(), without.begin(), without.end());
            without.clear();
            grammar.remove_prefix(1);
        } else {
            const std::string_view word = grammar.substr(0, grammar.find_first_of(" []"));
            append(forms, word);
            grammar.remove_prefix(word.size());
        }
    }
    return forms;
}

} // namespace mt6d::shell
