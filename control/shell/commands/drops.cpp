// SPDX-License-Identifier: BSD-3-Clause
// What went nowhere, and why.
#include "control/shell/asked_for.hpp"
#include "control/shell/command_table.hpp"
#include "control/shell/environment.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace mt6d::shell {
namespace {

using dataplane::Side;
using Json = nlohmann::ordered_json;
using Align = Table::Align;

// A port's packets, or a stream's, of one reason.
struct Count {
    Side side;
    Reason reason;
    std::uint64_t packets = 0; // since the counts were cleared
    std::uint64_t now = 0;     // of the last second or two
};

class Listing {
public:
    explicit Listing(const Tally::Window& window) : seconds_(window.seconds()) {}

    void add(const Count& count) {
        if (count.packets == 0) {
            return;
        }
        const ReasonText& reason = text(count.reason);
        const double rate = seconds_ > 0 ? static_cast<double>(count.now) / seconds_ : 0;
        json_.push_back({{"port", dataplane::name(count.side)},
                         {"reason", reason.symbol},
                         {"kind", reason.kind == ReasonKind::drop ? "drop" : "consumed"},
                         {"packets", count.packets},
                         {"packets_per_second", rate},
                         {"sentence", reason.sentence}});
        table_.add({dataplane::name(count.side), std::string(reason.symbol),
                    std::to_string(count.packets), fmt::format("{:.0f}", rate),
                    std::string(reason.sentence)});
    }
    Reply reply() {
        return {.facts = {{"drops", std::move(json_)}},
                .text = table_.empty() ? "nothing was dropped\n" : table_.text()};
    }

private:
    double seconds_;
    Json json_ = Json::array();
    Table table_{{{"port"},
                  {"reason"},
                  {"packets", Align::right},
                  {"/s now", Align::right},
                  {"what it means"}}};
};

Result<Reply> show_drops(const Arguments& arguments, Environment& environment) {
    const auto window = environment.tally().window();
    Listing listing(window);
    for (const Side side : ports_asked_for(arguments)) {
        const auto& now = window.now.ports[index(side)].reasons;
        const auto& before = window.before.ports[index(side)].reasons;
        for (std::size_t i = 0; i < reason_count; ++i) {
            listing.add({side, static_cast<Reason>(i),
                         environment.tally().dropped(window.now, side, i), now[i] - before[i]});
        }
    }
    return listing.reply();
}

Result<Reply> show_stream_drops(const Arguments& arguments, Environment& environment) {
    const auto stream = environment.find_stream(arguments.text("STREAM"));
    if (!stream) {
        return stream.error();
    }
    const dataplane::StreamRef ref = environment.ref_of(*stream);
    const auto window = environment.tally().window();
    Listing listing(window);
    for (const Side side : dataplane::sides) {
        for (std::size_t i = 0; i < reason_count; ++i) {
            const dataplane::StreamDrop drop{ref, side, static_cast<Reason>(i)};
            const std::uint64_t now = packets_of(window.now, drop);
            const std::uint64_t before = packets_of(window.before, drop);
            listing.add({side, drop.reason, now, now - std::min(now, before)});
        }
    }
    Reply reply = listing.reply();
    const std::uint64_t unlisted = window.now.unlisted_stream_drops;
    reply.facts["not_listed_of_all_streams"] = unlisted;
    if (unlisted > 0) {
        reply.text += fmt::format("{} packets of streams, perhaps of this one, are not listed: a "
                                  "worker's table was full; clear drops makes room\n",
                                  unlisted);
    }
    return reply;
}

constexpr std::array table{
    Command{"show drops [PORT]",
            "What went nowhere, by reason; what was for the gateway itself, too.", show_drops},
    Command{"show drops stream STREAM", "Likewise, of what was known to be a stream's.",
            show_stream_drops},
};

} // namespace

std::span<const Command> drop_commands() {
    return table;
}

} // namespace mt6d::shell
