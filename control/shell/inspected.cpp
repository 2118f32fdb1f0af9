// SPDX-License-Identifier: BSD-3-Clause
#include "control/shell/inspected.hpp"

#include "control/cycle_time.hpp"

#include <string>
#include <unordered_map>

namespace mt6d::shell {

using dataplane::StreamRef;

Result<std::optional<StreamRef>> stream_ref_asked_for(const Arguments& arguments,
                                                      const Environment& environment) {
    if (!arguments.has("STREAM")) {
        return std::optional<StreamRef>();
    }
    const auto stream = environment.find_stream(arguments.text("STREAM"));
    if (!stream) {
        return stream.error();
    }
    return std::optional(environment.ref_of(*stream));
}

std::vector<TracedPacket> traced(std::span<const dataplane::TraceRecord> records,
                                 const Environment& environment) {
    const StreamDirectoryPtr streams = environment.gateway().directory();
    std::unordered_map<std::uint32_t, const StreamEntry*> in_slot;
    for (const StreamEntry& entry : streams->entries) {
        in_slot.emplace(entry.id.slot, &entry);
    }
    const auto name_of = [&](const StreamRef& stream) -> std::string {
        const auto found = in_slot.find(stream.id);
        const bool is_it = found != in_slot.end() && environment.ref_of(*found->second) == stream;
        return is_it ? found->second->stream->name : "(gone)";
    };
    const CycleTime time = CycleTime::now();
    std::vector<TracedPacket> packets;
    for (const dataplane::TraceRecord& record : records) {
        packets.push_back({.record = record,
                           .stream = record.stream ? name_of(*record.stream) : "",
                           .unix_ns = time.unix_ns(record.cycles)});
    }
    return packets;
}

} // namespace mt6d::shell
