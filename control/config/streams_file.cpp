// SPDX-License-Identifier: BSD-3-Clause
// The streams file: one line a stream (control/config/stream_line.hpp), without a YAML tree, for up
// to millions of them.
#include "control/config/line_reader.hpp"
#include "control/config/stream_line.hpp"
#include "control/config/streams.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mt6d::config {

namespace {

void read_lines(Input& input, const StreamSurroundings& context) {
    LineReader reader(input);
    for (std::uint32_t number = 1;; ++number) {
        const auto line = reader.next();
        if (!line) {
            context.diagnostics.error({Origin::streams_file, 0, 0}, line.error().message);
            return;
        }
        if (!*line) {
            return;
        }
        const auto [text, too_long] = **line;
        if (too_long) {
            context.diagnostics.error({Origin::streams_file, number, 1},
                                      fmt::format("longer than {} bytes: one line is one stream, "
                                                  "{}",
                                                  LineReader::longest,
                                                  form_of_line(KeyPlace::in_line)));
            continue;
        }
        const auto first = text.find_first_not_of(" \t");
        if (first != std::string_view::npos && text[first] != '#') {
            read_stream_line(text, number, KeyPlace::in_line, context);
        }
    }
}

} // namespace

void read_streams_file(Section& root, const StreamSurroundings& context) {
    const auto name = root.text("streams_file");
    if (!name) {
        return;
    }
    const std::string path = resolve_path(context.directory, name->value);
    context.diagnostics.set_streams_file(path);
    auto input = context.files.open(path, Privacy::owner_only);
    if (!input) {
        context.diagnostics.error(
            name->at, fmt::format("streams file {}: {}", quoted(path), input.error().message));
        return;
    }
    read_lines(**input, context);
}

} // namespace mt6d::config
