// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/stream_text.hpp"

#include "control/shell/config_json.hpp"
#include "control/shell/text.hpp"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <string_view>

namespace mt6d::shell {
namespace {

using Json = nlohmann::ordered_json;

struct StateText {
    std::string_view name;
    std::string_view sentence;
};
constexpr std::array states{
    StateText{"unheard", "nothing was heard from the peer yet"},
    StateText{"up", "up"},
    StateText{"idle", "idle"},
    StateText{"silent", "silent: sends, and hears nothing"},
    StateText{"disabled", "disabled: its packets are dropped"},
};
const StateText& text_of(StreamState state) {
    return states[static_cast<std::size_t>(state)];
}

std::string_view state_name(KeyState state) {
    constexpr std::array<std::string_view, 4> names{"idle", "offering", "accepted", "confirming"};
    return names[static_cast<std::size_t>(state)];
}

double seconds_of(std::int64_t ns) {
    return static_cast<double>(ns) / static_cast<double>(nanoseconds_per_second);
}

template <class T>
Json json_or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json();
}

Json host_json(const config::Host& host) {
    return {{"name", host.name}, {"address", host.address.text()}, {"mac", host.mac.text()}};
}

std::uint32_t refused(const KeyFacts& keys) {
    return std::accumulate(keys.refused.begin(), keys.refused.end(), 0U);
}

Json keys_json(const StreamFacts& facts) {
    Json json{{"method", name(facts.options.rekey.method)}};
    if (!facts.keys) {
        return json;
    }
    const KeyFacts& keys = *facts.keys;
    json["epoch"] = keys.epoch;
    json["age_seconds"] = keys.epoch == 0 ? Json() : Json(keys.age);
    json["state"] = state_name(keys.state);
    json["next_change_seconds"] = json_or_null(facts.next_change);
    json["peer_lost"] = keys.peer_lost;
    json["changes"] = keys.changes;
    json["recoveries"] = keys.recoveries;
    json["offers_given_up"] = keys.given_up;
    json["messages_refused"] = refused(keys);
    json["last_refusal"] =
        keys.last_refusal
            ? Json(key_refusal_texts[static_cast<std::size_t>(*keys.last_refusal)].symbol)
            : Json();
    return json;
}

std::string keys_text(const StreamFacts& facts) {
    if (!facts.keys) {
        return "the configured one, which is never replaced (rekey.method: off)";
    }
    const KeyFacts& keys = *facts.keys;
    std::string text = keys.epoch == 0
                           ? "epoch 0 (the configured key)"
                           : fmt::format("epoch {}, {} old", keys.epoch, duration_text(keys.age));
    text += fmt::format(", {}", state_name(keys.state));
    if (facts.next_change) {
        text += "; next in " + duration_text(*facts.next_change);
    } else if (keys.state == KeyState::idle) {
        text += "; next when the stream carries data";
    }
    if (keys.given_up > 0 || keys.recoveries > 0 || refused(keys) > 0) {
        text += fmt::format("; {} offers given up, {} recoveries, {} messages refused",
                            keys.given_up, keys.recoveries, refused(keys));
    }
    return text;
}

std::string clock_text(const PeerOffset& offset) {
    return fmt::format("{:.3f} s {} this one, give or take {:.3f} s", std::abs(offset.seconds()),
                       offset.middle() >= 0 ? "ahead of" : "behind",
                       offset.resolution_seconds() / 2);
}

std::string_view symbol(Reason reason) {
    return text(reason).symbol;
}

std::string drops_text(const StreamReport& report) {
    std::string text = fmt::format("{} packets", report.counts.dropped_packets);
    constexpr std::array from{"from the host", "from the peer"};
    for (std::size_t side = 0; side < from.size(); ++side) {
        if (const auto& reason = report.facts.last_drop[side]) {
            text += fmt::format(", last one {}: {}", from[side], symbol(*reason));
        }
    }
    return text;
}

std::string host_text(const config::Host& host) {
    return fmt::format("{}, {}, {}", host.name, host.address.text(), host.mac.text());
}

} // namespace

Json stream_json(const StreamReport& report) {
    const StreamFacts& facts = report.facts;
    const StreamCounts& counts = report.counts;
    Json json{{"name", facts.name},
              {"local", host_json(facts.local)},
              {"remote", host_json(facts.remote)},
              {"state", text_of(facts.state).name},
              {"cipher", name(facts.options.cipher)},
              {"worker", facts.worker},
              {"salt", facts.salt},
              {"rotation_seconds", facts.options.rotation},
              {"lifetime_seconds", facts.options.lifetime},
              {"next_rotation_seconds", seconds_of(facts.next_rotation_ns)},
              {"key", keys_json(facts)},
              {"last_heard_seconds_ago", json_or_null(facts.heard_ago)},
              {"last_sent_seconds_ago", json_or_null(facts.sent_ago)},
              {"encapsulated_packets", counts.encapsulated_packets},
              {"encapsulated_bytes", counts.encapsulated_bytes},
              {"decapsulated_packets", counts.decapsulated_packets},
              {"decapsulated_bytes", counts.decapsulated_bytes},
              {"dropped_packets", counts.dropped_packets},
              {"control_packets_sent", counts.control_packets_sent},
              {"control_packets_heard", counts.control_packets_heard},
              {"path_mtu_bytes", facts.path_mtu},
              {"inner_mtu_bytes", facts.inner_mtu}};
    constexpr std::array drops{"last_drop_from_host", "last_drop_from_peer"};
    for (std::size_t side = 0; side < drops.size(); ++side) {
        json[drops[side]] = facts.last_drop[side] ? Json(symbol(*facts.last_drop[side])) : Json();
    }
    json["peer_clock_ahead_seconds"] =
        facts.peer_offset ? Json(facts.peer_offset->seconds()) : Json();
    json["peer_clock_resolution_seconds"] =
        facts.peer_offset ? Json(facts.peer_offset->resolution_seconds()) : Json();
    json["likely_cause"] = report.cause.empty() ? Json() : Json(report.cause);
    return json;
}

std::string stream_text(const StreamReport& report) {
    const StreamFacts& facts = report.facts;
    const StreamCounts& counts = report.counts;
    const auto traffic = [](std::uint64_t packets, std::uint64_t bytes) {
        return fmt::format("{} packets, {}", packets, bytes_text(bytes));
    };
    Sheet sheet("stream: " + facts.name);
    sheet.add("local", host_text(facts.local));
    sheet.add("remote", host_text(facts.remote));
    sheet.add("state", text_of(facts.state).sentence);
    sheet.add("cipher", fmt::format("{}, by worker {}", name(facts.options.cipher), facts.worker));
    sheet.add("salt", fmt::format("{}, next in {:.1f} s (every {})", facts.salt,
                                  seconds_of(facts.next_rotation_ns),
                                  duration_text(facts.options.rotation)));
    sheet.add("key", keys_text(facts));
    sheet.add("last heard",
              facts.heard_ago ? duration_text(*facts.heard_ago) + " ago" : std::string("never"));
    sheet.add("into tunnel", traffic(counts.encapsulated_packets, counts.encapsulated_bytes));
    sheet.add("out of tunnel", traffic(counts.decapsulated_packets, counts.decapsulated_bytes));
    sheet.add("control packets", fmt::format("{} sent, {} heard", counts.control_packets_sent,
                                             counts.control_packets_heard));
    sheet.add("dropped", drops_text(report));
    sheet.add("path MTU", fmt::format("{} B, {} B for the host", facts.path_mtu, facts.inner_mtu));
    if (facts.peer_offset) {
        sheet.add("peer's clock", clock_text(*facts.peer_offset));
    }
    if (!report.cause.empty()) {
        sheet.add("likely cause", report.cause);
    }
    return sheet.text();
}

} // namespace mt6d::shell
