// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/choices.hpp"

#include "control/config/scalars.hpp"
#include "control/log_levels.hpp"

#include <mt6d/reason.hpp>

#include <algorithm>
#include <cctype>

namespace mt6d::shell {

std::vector<std::string> choices_of(const Token& token) {
    switch (token.kind) {
    case TokenKind::keyword:
        return {token.name};
    case TokenKind::port:
        return {"internal", "external"};
    case TokenKind::point:
        return {"internal",    "external",     "internal-in", "internal-out",
                "external-in", "external-out", "dropped"};
    case TokenKind::level:
        return {log::level_names.begin(), log::level_names.end()};
    case TokenKind::area:
        return {log::areas.begin(), log::areas.end()};
    case TokenKind::reason: {
        std::vector<std::string> symbols;
        for (const ReasonText& reason : reason_texts) {
            symbols.emplace_back(reason.symbol);
        }
        return symbols;
    }
    case TokenKind::stream:
    case TokenKind::number:
    case TokenKind::file:
    case TokenKind::rest:
    case TokenKind::line:
    case TokenKind::hex:
        break;
    }
    return {};
}

bool fits(const Token& token, std::string_view word) {
    switch (token.kind) {
    case TokenKind::stream:
    case TokenKind::file:
        return !word.empty() && word.size() <= longest_word;
    case TokenKind::line:
    case TokenKind::hex:
        return !word.empty();
    case TokenKind::number:
        return static_cast<bool>(config::parse_number(word, token.least, token.most));
    case TokenKind::rest:
        return !word.empty() && std::isalpha(static_cast<unsigned char>(word.front())) != 0;
    default:
        break;
    }
    const auto all = choices_of(token);
    return std::find(all.begin(), all.end(), word) != all.end();
}

} // namespace mt6d::shell
