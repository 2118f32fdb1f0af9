// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/prompt.hpp"

#include "control/shell/line_editor.hpp"
#include "control/shell/watch.hpp"

#include <string>

namespace mt6d::shell {
namespace {

// In raw mode nothing returns the carriage but this.
std::string with_carriage_returns(std::string_view text) {
    std::string shown;
    for (const char c : text) {
        shown += c == '\n' ? "\r\n" : std::string(1, c);
    }
    return shown;
}

// What comes after a line.
enum class Next { line, quit, gone };

Next run_line(Shell& shell, Channel& channel, const std::string& line) {
    constexpr std::string_view clear = "\x1b[H\x1b[2J";
    const Answer answer = shell.run(line, AnswerFormat::text);
    if (answer.repeat) {
        const auto show = [&](const Answer& one) {
            return channel.write(std::string(clear) + "every "
                                 + std::to_string(answer.repeat->period.count())
                                 + " s, until a key: " + answer.repeat->command + "\r\n\r\n"
                                 + with_carriage_returns(one.text));
        };
        return watch(shell, channel, *answer.repeat, AnswerFormat::text, show) ? Next::line
                                                                               : Next::gone;
    }
    if (!channel.write(with_carriage_returns(answer.text))) {
        return Next::gone;
    }
    return answer.quit ? Next::quit : Next::line;
}

} // namespace

bool run_prompt(Shell& shell, Channel& channel) {
    std::string screen;
    LineEditor editor(shell.parser(), "mt6d> ", screen);
    editor.prompt();
    const auto show = [&] {
        const bool shown = channel.write(screen);
        screen.clear();
        return shown;
    };
    while (show() && channel.read() == Channel::Input::bytes) {
        for (const char key : std::string(channel.taken())) {
            const auto event = editor.feed(key);
            if (event == LineEditor::Event::none) {
                continue;
            }
            const Next next = event == LineEditor::Event::end ? Next::quit
                              : show() ? run_line(shell, channel, editor.line())
                                       : Next::gone;
            if (next != Next::line) {
                screen += "\r\n";
                return show() && next == Next::quit;
            }
            editor.prompt();
        }
    }
    return false;
}

} // namespace mt6d::shell
