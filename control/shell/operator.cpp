// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/operator.hpp"

#include "control/log.hpp"
#include "control/shell/channel.hpp"
#include "control/shell/script.hpp"
#include "control/shell/terminal.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

namespace mt6d::shell {

Operator::Operator(Appliance& appliance, StatisticsPrinter& printer, reload::Reloader& reloader,
                   Ways ways)
    : environment_(appliance, printer, reloader), shell_(environment_) {
    if (ways.socket) {
        log::info("shell", "control socket {}", ways.socket->path());
        server_.emplace(shell_, *std::move(ways.socket));
    }
    ways.socket.reset();
    local_ = std::thread([this, ways = std::move(ways)] {
        try {
            run_local(ways);
        } catch (const std::exception& error) {
            log::error("shell", "commands of the terminal or file end: {}", error.what());
        }
    });
}

Operator::~Operator() {
    stop_.raise();
    local_.join();
}

void Operator::run_local(const Ways& ways) {
    bool done = ways.command_file.empty() || run_command_file(ways);
    if (done && ways.interactive) {
        done = run_terminal(shell_, stop_);
        environment_.appliance().end();
    }
    if (!done) {
        failed_ = true;
        environment_.appliance().end();
    }
}

bool Operator::run_command_file(const Ways& ways) {
    Channel output(-1, STDOUT_FILENO, stop_.descriptor());
    const auto run = [&](std::string_view line) -> Result<Script> {
        Answer answer = shell_.run(line, AnswerFormat::text);
        if (answer.repeat || answer.quit) {
            return Error{"watch and quit are for sessions: remove the line"};
        }
        if (answer.failed) {
            answer.text.erase(answer.text.find_last_not_of('\n') + 1);
            return Error{answer.text};
        }
        // Whoever reads the output may be gone: what the file says is done all the same.
        static_cast<void>(output.write(answer.text));
        return Script::goes_on;
    };
    const auto done = run_script(ways.command_file, stop_.descriptor(), run);
    if (!done) {
        log::error("shell", "{}; the gateway ends, as it does where its configuration is wrong",
                   done.error().message);
    }
    return static_cast<bool>(done);
}

} // namespace mt6d::shell
