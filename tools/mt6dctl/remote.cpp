// SPDX-License-Identifier: BSD-3-Clause
#include "tools/mt6dctl/remote.hpp"

#include "control/shell/script.hpp"
#include "tools/mt6dctl/commands.hpp"
#include "tools/mt6dctl/connection.hpp"
#include "tools/mt6dctl/prompt.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace mt6d::ctl {
namespace {

std::string without_newline(std::string text) {
    text.erase(text.find_last_not_of('\n') + 1);
    return text;
}

// As the one document that a program expects.
std::string document(std::string_view error) {
    const nlohmann::ordered_json json{{"error", error}};
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

bool is_document(const std::string& text) {
    return nlohmann::json::accept(text);
}

// What was printed and cannot be written is no success.
Result<> flush_output() {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
        return Error{fmt::format("standard output: {}", std::generic_category().message(errno))};
    }
    return {};
}

// Prints what the gateway answers; the error is the command's.
Result<shell::Script> run_command(Connection& connection, const std::string& command, bool json) {
    using Kind = Connection::Frame::Kind;
    const auto sent = connection.send((json ? "json " : "text ") + command + "\n");
    for (;;) {
        // Whoever was sent away can send nothing, and is told why all the same.
        auto frame = connection.receive();
        if (!frame) {
            return sent ? std::move(frame).error() : sent.error();
        }
        if (frame->kind == Kind::error) {
            return Error{without_newline(json && is_document(frame->text)
                                             ? nlohmann::json::parse(frame->text).value("error", "")
                                             : frame->text)};
        }
        fmt::print("{}", json && frame->text.empty() ? "{}\n" : frame->text);
        if (auto flushed = flush_output(); !flushed) {
            return std::move(flushed).error();
        }
        if (frame->kind != Kind::more) {
            return frame->kind == Kind::bye ? shell::Script::is_over : shell::Script::goes_on;
        }
    }
}

Result<> run_script(Connection& connection, const std::string& script, bool json) {
    constexpr int never = -1;
    return shell::run_script(script, never, [&](std::string_view line) {
        return run_command(connection, std::string(line), json);
    });
}

// One line to the gateway, and not two.
Result<std::string> line_of(const RemoteOptions& options) {
    const std::string line =
        fmt::format("{}{}", fmt::join(options.words, " "), options.dry_run ? " --dry-run" : "");
    const auto is_control = [](unsigned char c) { return std::iscntrl(c) != 0; };
    if (std::any_of(line.begin(), line.end(), is_control)) {
        return Error{"the command holds a control character (a newline?): leave it out"};
    }
    return line;
}

bool at_terminal() {
    return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
}

} // namespace

int run_remote(const RemoteOptions& options) {
    // For programs an error is a document, too.
    const auto failed = [&](const Error& error, int status = failure) {
        if (options.json) {
            fmt::print("{}", document(error.message));
        }
        return fail(error.message, status);
    };
    const auto path = find_socket(options.socket);
    if (!path) {
        return failed(path.error(), unreachable);
    }
    auto connection = Connection::open(*path);
    if (!connection) {
        return failed(connection.error(), unreachable);
    }
    if (!options.words.empty()) {
        const auto line = line_of(options);
        const auto done = line ? run_command(*connection, *line, options.json) : line.error();
        return done ? success : failed(done.error());
    }
    if (options.script.empty() && at_terminal()) {
        return run_prompt(*connection);
    }
    const auto done =
        run_script(*connection, options.script.empty() ? "-" : options.script, options.json);
    return done ? success : failed(done.error());
}

} // namespace mt6d::ctl
