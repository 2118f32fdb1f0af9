// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/asked_for.hpp"

#include "control/shell/config_json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::shell {

using dataplane::Side;
using dataplane::sides;

std::vector<Side> ports_asked_for(const Arguments& arguments) {
    if (!arguments.has("PORT")) {
        return {sides.begin(), sides.end()};
    }
    return {arguments.text("PORT") == name(Side::internal) ? Side::internal : Side::external};
}

Result<AskedStreams> streams_asked_for(const Arguments& arguments, const Environment& environment) {
    const StreamDirectoryPtr streams = environment.gateway().directory();
    AskedStreams asked{.all = streams->size()};
    if (arguments.has("STREAM")) {
        const auto found = environment.find_stream(arguments.text("STREAM"));
        if (!found) {
            return found.error();
        }
        asked.streams.push_back(found->id);
        return asked;
    }
    const std::size_t end = std::min(asked.all, most_streams_shown);
    for (std::size_t i = 0; i < end; ++i) {
        asked.streams.push_back(streams->entries[i].id);
    }
    asked.left_out = asked.all - end;
    return asked;
}

Result<> look_at(const AskedStreams& asked, const Environment& environment,
                 const std::function<void(Gateway&, StreamId)>& look) {
    constexpr std::size_t page = 64;
    const std::size_t end = asked.streams.size();
    for (std::size_t at = 0; at < end; at += page) {
        auto done = environment.on_control([&, at] {
            for (std::size_t i = at; i < std::min(at + page, end); ++i) {
                if (environment.gateway().streams().is_live(asked.streams[i])) {
                    look(environment.gateway(), asked.streams[i]);
                }
            }
        });
        if (!done) {
            return done;
        }
    }
    return {};
}

std::string left_out_text(const AskedStreams& asked) {
    return asked.left_out == 0 ? "" : fmt::format("\n{} more streams: name one\n", asked.left_out);
}

} // namespace mt6d::shell
