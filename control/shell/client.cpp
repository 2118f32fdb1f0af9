// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/client.hpp"

#include "control/shell/lines.hpp"
#include "control/shell/prompt.hpp"
#include "control/shell/protocol.hpp"
#include "control/shell/watch.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mt6d::shell {
namespace {

bool send(Channel& channel, std::string_view kind, std::string_view text) {
    return channel.write(fmt::format("{} {}\n{}", kind, text.size(), text));
}

bool answer(Shell& shell, Channel& channel, std::string_view command, AnswerFormat format) {
    const Answer first = shell.run(command, format);
    if (!first.repeat) {
        const char* const kind = first.failed ? "error" : first.quit ? "bye" : "ok";
        return send(channel, kind, first.text) && !first.quit;
    }
    bool failed = false;
    return watch(shell, channel, *first.repeat, format,
                 [&](const Answer& one) {
                     failed = one.failed;
                     return send(channel, failed ? "error" : "more", one.text);
                 })
           && (failed || send(channel, "ok", ""));
}

} // namespace

void serve_client(Shell& shell, Channel& channel) {
    Lines requests(channel, Lines::Rest::is_lost);
    while (const auto request = requests.next()) {
        if (*request == "prompt") {
            if (send(channel, "ok", "") && run_prompt(shell, channel)) {
                channel.write(end_of_prompt);
            }
            return;
        }
        bool goes_on = false;
        if (request->starts_with("text ")) {
            goes_on = answer(shell, channel, request->substr(5), AnswerFormat::text);
        } else if (request->starts_with("json ")) {
            goes_on = answer(shell, channel, request->substr(5), AnswerFormat::json);
        } else {
            goes_on = send(channel, "error", "a request begins with text, json or prompt\n");
        }
        if (!goes_on) {
            return;
        }
    }
}

} // namespace mt6d::shell
