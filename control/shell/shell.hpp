// SPDX-License-Identifier: BSD-3-Clause
// Runs command lines: the one way by which prompt, socket and command files do. Any thread.
#pragma once

#include "control/shell/environment.hpp"
#include "control/shell/parser.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mt6d::shell {

enum class AnswerFormat : std::uint8_t { text, json };

struct Answer {
    bool failed = false;
    std::string text; // of the reply or the error; ends with a newline unless empty
    bool quit = false;
    std::optional<Reply::Repeat> repeat{};
};

class Shell {
public:
    explicit Shell(Environment& environment);

    [[nodiscard]] Answer run(std::string_view line, AnswerFormat format);
    [[nodiscard]] const Parser& parser() const { return parser_; }

private:
    Environment& environment_;
    Parser parser_;
};

} // namespace mt6d::shell
