// SPDX-License-Identifier: BSD-3-Clause
// Frames into a file, from inside the gateway.
#include "control/shell/choices.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/inspected.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <array>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

Json status_json(const CaptureStatus& status) {
    return {
        {"file", status.file},       {"running", status.running},
        {"packets", status.packets}, {"bytes", status.bytes},
        {"lost", status.lost},       {"error", status.error.empty() ? Json() : Json(status.error)}};
}

std::string status_text(const CaptureStatus& status) {
    std::string line =
        fmt::format("{}: {} packets, {}", status.file, status.packets, bytes_text(status.bytes));
    if (status.lost > 0) {
        line += fmt::format(", {} lost (written too slowly: narrow the capture down)", status.lost);
    }
    return line + "\n";
}

template <bool overwrite>
Result<Reply> capture_start(const Arguments& arguments, Environment& environment) {
    CaptureOrder order;
    order.file = arguments.text("FILE");
    order.overwrite = overwrite;
    const std::string point = arguments.has("POINT") ? arguments.text("POINT") : "";
    for (std::size_t i = 0; i < order.points.size(); ++i) {
        // "internal" is both ways of that port, nothing is all.
        order.points[i] = capture_point_names[i] == point
                          || capture_point_names[i].starts_with(point + "-") || point.empty();
    }
    const auto stream = stream_ref_asked_for(arguments, environment);
    if (!stream) {
        return stream.error();
    }
    order.stream = *stream;
    if (arguments.has("TEXT")) {
        order.filter = arguments.text("TEXT");
    }
    if (auto started = environment.capturer().start(order); !started) {
        return std::move(started).error();
    }
    return Reply{.facts = {{"file", order.file}},
                 .text = "captures to " + order.file + " until capture stop\n"};
}

Result<Reply> capture_stop(const Arguments&, Environment& environment) {
    const auto status = environment.capturer().stop();
    if (!status) {
        return status.error();
    }
    if (!status->error.empty()) {
        return Error{fmt::format("{}; {} packets are in the file", status->error, status->packets)};
    }
    return Reply{.facts = status_json(*status), .text = status_text(*status)};
}

Result<Reply> show_capture(const Arguments&, Environment& environment) {
    const auto status = environment.capturer().status();
    if (!status) {
        return Reply{.facts = {{"capture", nullptr}}, .text = "nothing was captured\n"};
    }
    std::string text = (status->running ? "running: " : "ended: ") + status_text(*status);
    if (!status->error.empty()) {
        text += status->error + "\n";
    }
    return Reply{.facts = {{"capture", status_json(*status)}}, .text = text};
}

constexpr std::array table{
    Command{"capture start FILE [point POINT] [stream STREAM] [filter TEXT]",
            "Writes frames to a new pcapng file: all, of one point or stream, that fit a "
            "pcap-filter(7).",
            capture_start<false>, Effect::changes},
    Command{"capture start FILE overwrite [point POINT] [stream STREAM] [filter TEXT]",
            "Likewise, in place of a file that there may be.", capture_start<true>,
            Effect::changes},
    Command{"capture stop", "Ends the capture, and tells what is in its file.", capture_stop,
            Effect::changes},
    Command{"show capture", "How far the capture is, or the last one came.", show_capture},
};

} // namespace

std::span<const Command> capture_commands() {
    return table;
}

} // namespace mt6d::shell
