// SPDX-License-Identifier: BSD-3-Clause
// The ways of packets through the gateway.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/inspected.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

// Precondition: the symbol of one.
Reason reason_of(std::string_view symbol) {
    const auto found =
        std::find_if(reason_texts.begin(), reason_texts.end(),
                     [&](const ReasonText& reason) { return reason.symbol == symbol; });
    return static_cast<Reason>(found - reason_texts.begin());
}

Result<Reply> trace_add(const Arguments& arguments, Environment& environment) {
    TraceOrder order;
    order.packets = static_cast<std::uint32_t>(arguments.number("PACKETS"));
    if (arguments.has("PORT")) {
        order.side = ports_asked_for(arguments).front();
    }
    const auto stream = stream_ref_asked_for(arguments, environment);
    if (!stream) {
        return stream.error();
    }
    order.stream = *stream;
    if (arguments.has("REASON")) {
        order.reason = reason_of(arguments.text("REASON"));
    }
    environment.tracer().start(order);
    return Reply{.facts = {{"packets", order.packets}},
                 .text = fmt::format("the next {} packets that fit are traced: show trace\n",
                                     order.packets)};
}

Result<Reply> show_trace(const Arguments&, Environment& environment) {
    const std::uint32_t left = environment.tracer().left();
    Reply reply{.facts = {{"packets", Json::array()}, {"packets_awaited", left}}};
    std::size_t number = 0;
    for (const TracedPacket& packet : traced(environment.tracer().records(), environment)) {
        reply.facts["packets"].push_back(trace_json(packet));
        reply.text += number++ == 0 ? "" : "\n";
        reply.text += trace_text(packet, fmt::format("packet {}", number));
    }
    if (left > 0) {
        reply.text +=
            fmt::format("{}{} more packets are waited for\n", number == 0 ? "" : "\n", left);
    } else if (number == 0) {
        reply.text = "nothing is traced: trace add 10\n";
    }
    return reply;
}

Result<Reply> clear_trace(const Arguments&, Environment& environment) {
    environment.tracer().clear();
    return Reply{.facts = {{"cleared", "trace"}}, .text = "the trace has ended and is forgotten\n"};
}

constexpr std::array table{
    Command{"trace add PACKETS [port PORT] [stream STREAM] [drop REASON]",
            "Traces the next packets that come in by a port, are of a stream, end for a reason.",
            trace_add},
    Command{"show trace", "The way of each traced packet through the gateway.", show_trace},
    Command{"clear trace", "Ends tracing, and forgets what was traced.", clear_trace},
};

} // namespace

std::span<const Command> trace_commands() {
    return table;
}

} // namespace mt6d::shell
