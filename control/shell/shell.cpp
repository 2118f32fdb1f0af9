// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/shell.hpp"

#include "control/log.hpp"
#include "control/shell/command_table.hpp"

#include <utility>

namespace mt6d::shell {
namespace {

// Indented as people read it; one document a reply. What is no UTF-8 was the user's.
std::string dump(const nlohmann::ordered_json& json) {
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Answer failure(const Error& error, AnswerFormat format) {
    return {.failed = true,
            .text = format == AnswerFormat::json ? dump({{"error", error.message}})
                                                 : error.message + "\n"};
}

} // namespace

Shell::Shell(Environment& environment)
    : environment_(environment),
      parser_(commands(), [&environment](std::string_view prefix, std::size_t most) {
          return environment.completions(prefix, most);
      }) {}

Answer Shell::run(std::string_view line, AnswerFormat format) {
    const auto parsed = parser_.parse(line);
    if (!parsed) {
        return failure(parsed.error(), format);
    }
    if (parsed->command == nullptr) {
        return {};
    }
    auto reply = parsed->command->run(parsed->arguments, environment_);
    if (!reply) {
        return failure(reply.error(), format);
    }
    if (parsed->command->effect == Effect::changes) {
        log::info("shell", "done: {}", line);
    }
    return {.text = format == AnswerFormat::json ? dump(reply->facts) : std::move(reply->text),
            .quit = reply->quit,
            .repeat = std::move(reply->repeat)};
}

} // namespace mt6d::shell
