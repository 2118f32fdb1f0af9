// SPDX-License-Identifier: BSD-3-Clause
// The grammar of a command as it is declared: "show routes [STREAM]". Words in small letters stand
// for themselves, those in capitals for something of that kind, brackets around what may be left
// out. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mt6d::shell {

enum class TokenKind : std::uint8_t {
    keyword, // itself
    stream,  // the name of a stream
    port,    // "internal", "external"
    reason,  // a drop reason's symbol
    point,   // where frames are captured
    level,   // of the log
    area,    // likewise
    number,
    file,
    rest, // all that is left of the line; begins with a letter
    line, // likewise, whatever it begins with
    hex,  // octets; a word of any length, one in a form that takes no rest
};

// What one place of a command takes.
struct Token {
    TokenKind kind = TokenKind::keyword;
    std::string name;         // the keyword, or as the grammar has it: "STREAM"
    std::string_view meaning; // what is expected there, in words; empty for a keyword
    std::uint64_t least = 0;  // of a number
    std::uint64_t most = 0;   // likewise
};

using Form = std::vector<Token>;

// Whether it takes all that is left.
constexpr bool takes_rest(TokenKind kind) {
    return kind == TokenKind::rest || kind == TokenKind::line;
}

// The tokens of each form that the grammar allows: with and without what stands in brackets.
// Aborts on a grammar that is none.
std::vector<Form> forms_of(std::string_view grammar);

} // namespace mt6d::shell
