// SPDX-License-Identifier: BSD-3-Clause
#include "control/events/event_line.hpp"

#include "control/timestamp.hpp"

#include <nlohmann/json.hpp>

namespace mt6d::events {
namespace {

using Json = nlohmann::ordered_json;

Json begin(std::int64_t unix_ns, std::string_view event) {
    return {{"time", timestamp(unix_ns)}, {"event", event}};
}

Json json(std::int64_t unix_ns, const Start& start) {
    Json object = begin(unix_ns, "start");
    object["name"] = start.name;
    object["version"] = MT6D_VERSION;
    object["streams"] = start.streams;
    return object;
}

Json json(std::int64_t unix_ns, const Rotation& rotation) {
    Json object = begin(unix_ns, "rotation");
    object["salt"] = rotation.salt;
    object["rotation_seconds"] = rotation.rotation;
    object["streams"] = rotation.streams;
    return object;
}

Json json(std::int64_t unix_ns, const Rekey& rekey) {
    Json object = begin(unix_ns, "rekey");
    object["stream"] = rekey.stream;
    object["epoch"] = rekey.epoch;
    object["kind"] = rekey.kind == KeyMethod::wrap ? "wrap" : "x25519";
    object["began"] = rekey.began_here ? "here" : "peer";
    object["recovery"] = rekey.recovery;
    return object;
}

Json json(std::int64_t unix_ns, const Alarm& alarm) {
    const AlarmText& text = text_of(alarm.kind);
    Json object = begin(unix_ns, "alarm");
    object["alarm"] = text.symbol;
    if (!text.about.empty()) {
        object[std::string(text.about)] = alarm.about;
    }
    if (alarm.seconds) {
        object["seconds"] = *alarm.seconds;
    }
    return object;
}

Json json(std::int64_t unix_ns, const End&) {
    return begin(unix_ns, "end");
}

} // namespace

std::string line(const Event& event) {
    return std::visit([&](const auto& what) { return json(event.unix_ns, what); }, event.what)
               .dump()
           + "\n";
}

std::string lost_line(std::uint64_t count, std::int64_t unix_ns) {
    Json object = begin(unix_ns, "lost");
    object["count"] = count;
    return object.dump() + "\n";
}

} // namespace mt6d::events
