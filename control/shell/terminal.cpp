// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/terminal.hpp"

#include "control/shell/lines.hpp"
#include "control/shell/prompt.hpp"
#include "control/shell/raw_terminal.hpp"

#include <unistd.h>

namespace mt6d::shell {
namespace {

// Lines of a pipe or a file: one that fails is said, and the next one is read.
bool answer_lines(Shell& shell, Channel& channel) {
    Lines lines(channel, Lines::Rest::is_a_line);
    bool all_done = true;
    while (const auto line = lines.next()) {
        Answer answer = shell.run(*line, AnswerFormat::text);
        if (answer.repeat) {
            answer = {.failed = true, .text = "watch: is for a terminal: nobody can press a key\n"};
        }
        all_done = all_done && !answer.failed;
        if (!channel.write(answer.text) || answer.quit) {
            break;
        }
    }
    return all_done;
}

} // namespace

bool run_terminal(Shell& shell, const StopSignal& stop) {
    Channel channel(STDIN_FILENO, STDOUT_FILENO, stop.descriptor());
    if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
        const RawTerminal raw;
        run_prompt(shell, channel);
        return true;
    }
    return answer_lines(shell, channel);
}

} // namespace mt6d::shell
