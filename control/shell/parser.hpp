// SPDX-License-Identifier: BSD-3-Clause
// Understands command lines, by librte_cmdline: matching, completion, help. Made once; any thread.
#pragma once

#include "control/shell/command.hpp"
#include "control/shell/grammar.hpp"

#include <mt6d/result.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct cmdline;
struct cmdline_inst;

namespace mt6d::shell {

// Streams' names that begin so, at most so many. Any thread.
using FindNames =
    std::function<std::vector<std::string>(std::string_view prefix, std::size_t most)>;

class Parser {
public:
    // Names that completion offers at the most.
    static constexpr std::size_t most_names = 64;
    static constexpr std::size_t longest_line = 3400; // a frame of 1500 bytes in hexadecimal

    // `commands` outlives the parser.
    Parser(std::span<const Command> commands, FindNames stream_names);
    ~Parser();
    Parser(const Parser&) = delete;
    Parser& operator=(const Parser&) = delete;

    struct Parsed {
        const Command* command = nullptr; // null: a blank line, or a comment
        Arguments arguments;
    };
    // The error names the word that is not understood, what was expected there, and what is near.
    [[nodiscard]] Result<Parsed> parse(std::string_view line) const;

    // What librte_cmdline's line editor asks for at TAB (`state` 0) and ? (-1): cmdline_complete().
    int complete(const char* line, char* to, unsigned size, int* state) const;

    [[nodiscard]] std::span<const Command> commands() const { return commands_; }

private:
    struct Place; // a token as librte_cmdline has it
    struct Variant;

    static int match(const Token& token, const char* text, void* to, unsigned size);
    [[nodiscard]] std::vector<std::string> choices(const Token& token) const;
    [[nodiscard]] Error explain(const std::string& line) const;
    void add(const Command& command, Form form);

    std::span<const Command> commands_;
    FindNames stream_names_;
    std::vector<std::unique_ptr<Variant>> variants_;
    std::vector<cmdline_inst*> instances_; // ends with null
    cmdline* cmdline_ = nullptr;
};

} // namespace mt6d::shell
