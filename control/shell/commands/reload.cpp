// SPDX-License-Identifier: BSD-3-Clause
// What changes the set of streams while packets flow.
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"

#include <array>
#include <string>
#include <utility>

namespace mt6d::shell {
namespace {

Result<Reply> reply_of(Result<reload::Report> report) {
    if (!report) {
        return std::move(report).error();
    }
    return Reply{.facts = std::move(report->facts), .text = std::move(report->text)};
}

Result<Reply> reload(const Arguments&, Environment& environment) {
    return reply_of(environment.reloader().reload());
}

Result<Reply> dry_run(const Arguments&, Environment& environment) {
    return reply_of(environment.reloader().dry_run());
}

constexpr std::string_view until_reload =
    ", until the next reload or restart brings back what the file says\n";

Result<Reply> add_stream(const Arguments& arguments, Environment& environment) {
    const auto name = environment.reloader().add_stream(arguments.text("DEFINITION"));
    if (!name) {
        return name.error();
    }
    return Reply{.facts = {{"stream", *name}, {"added", true}},
                 .text = "stream " + *name + ": added" + std::string(until_reload)};
}

Result<Reply> remove_stream(const Arguments& arguments, Environment& environment) {
    const auto stream = environment.find_stream(arguments.text("STREAM"));
    if (!stream) {
        return stream.error();
    }
    const std::string& name = stream->stream->name;
    if (auto removed = environment.reloader().remove_stream(name); !removed) {
        return std::move(removed).error();
    }
    return Reply{.facts = {{"stream", name}, {"removed", true}},
                 .text = "stream " + name + ": removed" + std::string(until_reload)};
}

constexpr std::array table{
    Command{"reload", "Reads the configuration file again, and applies what differs as a whole.",
            reload},
    Command{"reload --dry-run", "Says what reload would do.", dry_run},
    Command{"add stream DEFINITION", "Adds a stream, until the next reload; its key is in a file.",
            add_stream, Effect::changes},
    Command{"remove stream STREAM", "Removes a stream, until the next reload.", remove_stream,
            Effect::changes},
};

} // namespace

std::span<const Command> reload_commands() {
    return table;
}

} // namespace mt6d::shell
