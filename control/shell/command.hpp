// SPDX-License-Identifier: BSD-3-Clause
// A command: one declaration, from which come its parsing, help, completion and documentation.
//
//     Result<Reply> show_version(const Arguments&, Environment& environment);
//     constexpr std::array commands{
//         Command{"show version", "Which gateway this is.", show_version}};
//
// Commands of one subject stand in one file, beside their functions;
// control/shell/command_table.cpp lists the subjects.
#pragma once

#include "control/shell/arguments.hpp"

#include <mt6d/result.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mt6d::shell {

class Environment;

// What a command answers. It never prints.
struct Reply {
    nlohmann::ordered_json facts = nlohmann::ordered_json::object(); // for programs
    std::string text{};                                              // the same for people
    bool quit = false;                                               // the session is to end
    // What the session is to run over and over, and how often.
    struct Repeat {
        std::chrono::seconds period;
        std::string command;
    };
    std::optional<Repeat> repeat{};
};

// What a command does to the gateway: the log tells of those that change what it does.
enum class Effect : std::uint8_t { none, changes };

struct Command {
    std::string_view grammar; // control/shell/grammar.hpp
    std::string_view help;    // a sentence
    // Runs on a service thread, and may block.
    Result<Reply> (*run)(const Arguments& arguments, Environment& environment);
    Effect effect = Effect::none;
};

} // namespace mt6d::shell
