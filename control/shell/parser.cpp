// SPDX-License-Identifier: BSD-3-Clause
// The only place where librte_cmdline's structures are made: its parser wants arrays of pointers
// at their ends, and calls functions that know no object.
#include "control/shell/parser.hpp"

#include "control/shell/choices.hpp"
#include "control/shell/explain.hpp"

#include <cmdline.h>
#include <cmdline_parse.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

namespace mt6d::shell {
namespace {

// Where librte_cmdline's parser puts the words that it matched.
constexpr std::size_t word_size = longest_word + 1;
constexpr std::size_t most_tokens = 10;
struct Words {
    std::array<std::array<char, word_size>, most_tokens - 1> words;
    std::array<char, Parser::longest_line + 1> rest; // a form's last one, or its long one
};
static_assert(sizeof(Words) <= CMDLINE_PARSE_RESULT_BUFSIZE);

std::size_t place_of(std::size_t token, TokenKind kind) {
    const bool is_long = takes_rest(kind) || kind == TokenKind::hex;
    return is_long ? offsetof(Words, rest) : token * word_size;
}

std::string text_of(const Form& form) {
    std::string text;
    for (const Token& token : form) {
        text += (text.empty() ? "" : " ") + token.name;
    }
    return text;
}

int copy_out(std::string_view from, char* to, unsigned size) {
    if (from.size() >= size) {
        return -1;
    }
    std::copy(from.begin(), from.end(), to);
    to[from.size()] = '\0';
    return static_cast<int>(from.size());
}

} // namespace

// What librte_cmdline hands back to the functions below.
struct Parser::Place {
    cmdline_token_hdr header; // the first member: a pointer to it is one to this
    const Token* token;
    const Variant* variant;
    const Parser* parser;
};

struct Parser::Variant {
    const Command* command;
    Form form;
    std::string text; // "show routes STREAM"
    std::string help;
    std::vector<Place> places;
    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };
    std::unique_ptr<cmdline_inst, Free> instance;
};

namespace {

// What the calls back have to know of the call that they belong to.
thread_local Parser::Parsed* parsed = nullptr;              // of parse()
thread_local std::string_view completed;                    // the word, of complete()
thread_local std::vector<std::string> candidates;           // for it
thread_local const void* candidates_of = nullptr;           // which token
thread_local std::optional<std::vector<std::string>> names; // of streams, for it: costly

} // namespace

// --- calls back -------------------------------------------------------------------------------

// The length of what is taken from `text`, or negative. `to`: none, or room for `size` characters.
int Parser::match(const Token& token, const char* text, void* to, unsigned size) {
    const char* end = text;
    if (takes_rest(token.kind)) {
        end += std::strcspn(text, "\r\n");
    } else {
        while (cmdline_isendoftoken(*end) == 0) {
            ++end;
        }
    }
    const std::string_view word(text, static_cast<std::size_t>(end - text));
    if (!fits(token, word)) {
        return -1;
    }
    return to == nullptr ? static_cast<int>(word.size())
                         : copy_out(word, static_cast<char*>(to), size);
}

std::vector<std::string> Parser::choices(const Token& token) const {
    if (token.kind != TokenKind::stream) {
        return choices_of(token);
    }
    if (!names) {
        names = stream_names_(completed, most_names);
    }
    return *names;
}

void Parser::add(const Command& command, Form form) {
    static cmdline_token_ops operations{
        .parse =
            [](cmdline_token_hdr* header, const char* text, void* to, unsigned size) {
                return match(*reinterpret_cast<const Place*>(header)->token, text, to, size);
            },
        .complete_get_nb =
            [](cmdline_token_hdr* header) {
                const auto* const place = reinterpret_cast<const Place*>(header);
                if (candidates_of != place->token) {
                    candidates = place->parser->choices(*place->token);
                    candidates_of = place->token;
                }
                return static_cast<int>(candidates.size());
            },
        .complete_get_elt =
            [](cmdline_token_hdr*, int at, char* to, unsigned size) {
                return copy_out(candidates[static_cast<std::size_t>(at)], to, size) < 0 ? -1 : 0;
            },
        .get_help =
            [](cmdline_token_hdr* header, char* to, unsigned size) {
                const std::string& text = reinterpret_cast<const Place*>(header)->variant->text;
                return copy_out(std::string_view(text).substr(0, size - 1), to, size) < 0 ? -1 : 0;
            },
    };
    const auto take = [](void* result, cmdline*, void* data) {
        const auto* const words = static_cast<const char*>(result);
        const auto& variant = *static_cast<const Variant*>(data);
        parsed->command = variant.command;
        for (std::size_t i = 0; i < variant.form.size(); ++i) {
            const Token& token = variant.form[i];
            if (token.kind != TokenKind::keyword) {
                parsed->arguments.add(token.name, words + place_of(i, token.kind));
            }
        }
    };
    auto& variant = *variants_.emplace_back(std::make_unique<Variant>());
    variant.command = &command;
    variant.form = std::move(form);
    variant.text = text_of(variant.form);
    variant.help = command.help;
    const std::size_t count = variant.form.size();
    if (count > most_tokens) {
        std::abort(); // a grammar that is too long
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Token& token = variant.form[i];
        variant.places.push_back({{&operations, static_cast<unsigned>(place_of(i, token.kind))},
                                  &token,
                                  &variant,
                                  this});
    }
    void* const memory = std::calloc(1, sizeof(cmdline_inst) + (count + 1) * sizeof(void*));
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    variant.instance.reset(static_cast<cmdline_inst*>(memory));
    variant.instance->f = take;
    variant.instance->data = &variant;
    variant.instance->help_str = variant.help.c_str();
    for (std::size_t i = 0; i < count; ++i) {
        variant.instance->tokens[i] = &variant.places[i].header;
    }
}

// --- what others call -------------------------------------------------------------------------

Parser::Parser(std::span<const Command> commands, FindNames stream_names)
    : commands_(commands), stream_names_(std::move(stream_names)) {
    for (const Command& command : commands) {
        for (Form& form : forms_of(command.grammar)) {
            add(command, std::move(form));
        }
    }
    for (const auto& variant : variants_) {
        instances_.push_back(variant->instance.get());
    }
    instances_.push_back(nullptr);
    // It says nothing itself where it has no output.
    cmdline_ = cmdline_new(instances_.data(), "", -1, -1);
    if (cmdline_ == nullptr) {
        throw std::bad_alloc();
    }
}

Parser::~Parser() {
    cmdline_free(cmdline_);
}

Result<Parser::Parsed> Parser::parse(std::string_view given) const {
    if (given.size() > longest_line) {
        return Error{"the line is too long: " + std::to_string(longest_line)
                     + " characters are the most"};
    }
    if (given.find('\0') != given.npos) {
        return Error{"the line holds a zero byte: commands are text"};
    }
    const std::string line(given);
    Parsed result;
    parsed = &result;
    const int outcome = cmdline_parse(cmdline_, (line + "\n").c_str());
    parsed = nullptr;
    if (outcome < 0) {
        return explain(line);
    }
    return result;
}

Error Parser::explain(const std::string& line) const {
    std::vector<Form> forms;
    for (const auto& variant : variants_) {
        forms.push_back(variant->form);
    }
    return what_is_wrong(line, forms);
}

int Parser::complete(const char* line, char* to, unsigned size, int* state) const {
    const std::string_view text(line);
    const auto blank = text.find_last_of(" \t");
    completed = blank == text.npos ? text : text.substr(blank + 1);
    if (*state <= 0) {
        candidates_of = nullptr; // of another line
        names.reset();
    }
    return cmdline_complete(cmdline_, line, state, to, size);
}

} // namespace mt6d::shell
