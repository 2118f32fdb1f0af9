// SPDX-License-Identifier: BSD-3-Clause
// The session itself: help, watch, quit.
#include "control/shell/command_table.hpp"
#include "control/shell/explain.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace mt6d::shell {
namespace {

Result<Reply> help(const Arguments& arguments, Environment&) {
    const std::string about = arguments.has("COMMAND") ? arguments.text("COMMAND") : "";
    Reply reply{.facts = {{"commands", nlohmann::ordered_json::array()}}};
    // A few grammars are so long that aligning the rest to them would help nobody.
    const auto line = [](std::string_view grammar, std::string_view what) {
        return fmt::format("{:<25} {}\n", grammar, what);
    };
    for (const Command& command : commands()) {
        if (command.grammar.starts_with(about)) {
            reply.facts["commands"].push_back(
                {{"grammar", command.grammar}, {"help", command.help}});
            reply.text += line(command.grammar, command.help);
        }
    }
    if (reply.text.empty()) {
        return Error{"no command begins with '" + shown(about) + "': help alone lists them all"};
    }
    reply.text.insert(0, line("command", "what it does"));
    return reply;
}

Result<Reply> watch_command(const Arguments& arguments, Environment&) {
    const std::uint64_t period = arguments.has("SECONDS") ? arguments.number("SECONDS") : 1;
    if (period == 0) {
        return Error{"watch 0: at most once a second: write watch 1, or leave the number out"};
    }
    return Reply{.repeat = Reply::Repeat{std::chrono::seconds(period), arguments.text("COMMAND")}};
}

Result<Reply> quit(const Arguments&, Environment&) {
    return Reply{.quit = true};
}

constexpr std::array table{
    Command{"help [COMMAND]", "Commands that begin so, or all, and what each does.", help},
    Command{"watch [SECONDS] COMMAND",
            "Runs a command each second, or each so many, until a key is pressed.", watch_command},
    Command{"quit", "Ends the session; in the gateway's own terminal, the gateway.", quit},
};

} // namespace

std::span<const Command> session_commands() {
    return table;
}

} // namespace mt6d::shell
