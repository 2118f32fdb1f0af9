// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/trace_text.hpp"

#include "control/timestamp.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace mt6d::shell {
namespace {

using dataplane::AddressPair;
using dataplane::Stage;
using dataplane::TraceRecord;
using dataplane::TraceStep;
using Json = nlohmann::ordered_json;

std::string_view name_of(dataplane::Verdict verdict) {
    constexpr std::array<std::string_view, 4> names{"sent", "waiting", "consumed", "dropped"};
    return names[static_cast<std::size_t>(verdict)];
}

bool has_side(Stage stage) {
    return stage == Stage::received || stage == Stage::relayed || stage == Stage::sent
           || stage == Stage::ended;
}

std::string sentence_of(const TraceStep& step) {
    if (step.stage == Stage::ended) {
        return fmt::format("{}: {}", text(step.reason).symbol, text(step.reason).sentence);
    }
    return fmt::format(fmt::runtime(text(step.stage).sentence), step.value);
}

Json pair_json(const AddressPair& pair) {
    return {{"source", pair.source.text()}, {"destination", pair.destination.text()}};
}

std::string pair_text(const AddressPair& pair) {
    return fmt::format("{} -> {}", pair.source.text(), pair.destination.text());
}

Json step_json(const TraceStep& step) {
    Json json{{"stage", text(step.stage).symbol}};
    if (has_side(step.stage)) {
        json["port"] = name(step.side);
    }
    if (text(step.stage).sentence.find("{}") != std::string_view::npos) {
        json["value"] = step.value;
    }
    json["text"] = sentence_of(step);
    return json;
}

} // namespace

std::string verdict_text(const TraceRecord& record) {
    std::string verdict(name_of(record.verdict));
    if (record.reason) {
        verdict +=
            fmt::format(": {}: {}", text(*record.reason).symbol, text(*record.reason).sentence);
    }
    return verdict;
}

Json trace_json(const TracedPacket& packet) {
    const TraceRecord& record = packet.record;
    Json json{{"time", timestamp(packet.unix_ns)},
              {"worker", record.worker},
              {"port", name(record.side)},
              {"verdict", name_of(record.verdict)},
              {"reason", record.reason ? Json(text(*record.reason).symbol) : Json()},
              {"sentence", record.reason ? Json(text(*record.reason).sentence) : Json()},
              {"addresses", record.came ? pair_json(*record.came) : Json()},
              {"stream", packet.stream.empty() ? Json() : Json(packet.stream)}};
    if (record.stream) {
        json["true"] = pair_json(record.true_pair);
        json["hashed"] = pair_json(record.hashed_pair);
        json["salt"] = record.salt;
        json["epoch"] = record.epoch;
    }
    json["way"] = Json::array();
    for (std::size_t i = 0; i < record.step_count; ++i) {
        json["way"].push_back(step_json(record.steps[i]));
    }
    return json;
}

std::string trace_text(const TracedPacket& packet, std::string_view heading) {
    const TraceRecord& record = packet.record;
    std::string lines =
        fmt::format("{} at {}, worker {}\n", heading, timestamp(packet.unix_ns), record.worker);
    const auto add = [&](std::string_view what, std::string_view value) {
        lines += fmt::format("  {:<22} {}\n", what, value);
    };
    if (record.came && !record.stream) {
        add("addresses", pair_text(*record.came));
    }
    if (record.stream) {
        add("stream",
            fmt::format("{}, salt {}, epoch {}", packet.stream, record.salt, record.epoch));
        add("true addresses", pair_text(record.true_pair));
        add("hashed addresses", pair_text(record.hashed_pair));
    }
    for (std::size_t i = 0; i < record.step_count; ++i) {
        const TraceStep& step = record.steps[i];
        if (step.stage == Stage::ended) {
            continue; // the verdict says it
        }
        const std::string place =
            has_side(step.stage) ? fmt::format("{} port: ", name(step.side)) : "";
        add(text(step.stage).symbol, place + sentence_of(step));
    }
    add("verdict", verdict_text(record));
    return lines;
}

} // namespace mt6d::shell
