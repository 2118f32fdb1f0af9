// SPDX-License-Identifier: BSD-3-Clause
// A listener on the bench: groups have numbers, and what it says is written down as text, as in
// "join 1 2" (a report of version 2), "v1 report 1", "is 1, is 2 from 7 8".
#pragma once

#include "control/mld_listener.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mt6d::test {

inline constexpr std::int64_t second = nanoseconds_per_second;
inline constexpr std::int64_t millisecond = second / 1000;

inline Ipv6Address numbered(Ipv6Address address, std::uint32_t number) {
    for (std::size_t i = 0; i < 3; ++i) {
        address.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return address;
}
// Solicited-node groups.
inline Ipv6Address group(std::uint32_t number) {
    return numbered(Ipv6Address{}.solicited_node_group(), number);
}
inline Ipv6Address source(std::uint32_t number) {
    return numbered(Ipv6Address{{0x20, 0x01, 0x0d, 0xb8}}, number);
}
inline std::uint32_t number_of(const Ipv6Address& address) {
    const auto& b = address.bytes;
    return std::uint32_t{b[13]} << 16U | std::uint32_t{b[14]} << 8U | b[15];
}

inline MldQuery general_query(std::uint32_t max_response_ms = 10'000) {
    return {2, 2, 0, max_response_ms, 125, {}, {}};
}
inline MldQuery group_query(std::uint32_t number, std::uint32_t max_response_ms = 1000) {
    return {2, 2, 0, max_response_ms, 125, group(number), {}};
}
inline MldQuery source_query(std::uint32_t number, const std::vector<std::uint32_t>& sources,
                             std::uint32_t max_response_ms = 1000) {
    MldQuery query = group_query(number, max_response_ms);
    for (const std::uint32_t asked : sources) {
        query.sources.at(query.source_count++) = source(asked);
    }
    return query;
}
inline MldQuery v1_query(std::uint32_t number = 0, std::uint32_t max_response_ms = 10'000) {
    return {1, 0, 0, max_response_ms, 0, number == 0 ? Ipv6Address{} : group(number), {}};
}

inline std::string text_of(const MldRecord& record) {
    static constexpr const char* names[] = {"", "from", "is", "leave", "join"};
    std::string text = names[static_cast<int>(record.type)];
    text += " " + std::to_string(number_of(record.group));
    for (const Ipv6Address& asked : record.sources) {
        text += " /" + std::to_string(number_of(asked));
    }
    return text;
}

inline std::string text_of(const MldMessage& message) {
    if (const auto* report = std::get_if<MldReportV1>(&message)) {
        return "v1 report " + std::to_string(number_of(report->group));
    }
    if (const auto* done = std::get_if<MldDone>(&message)) {
        return "v1 done " + std::to_string(number_of(done->group));
    }
    std::string text;
    for (const MldRecord& record : std::get<MldReport>(message).records) {
        text += (text.empty() ? "" : ", ") + text_of(record);
    }
    return text;
}

class MldBench {
public:
    explicit MldBench(std::size_t capacity = 1000, std::uint32_t mtu = 1500)
        : listener(capacity, mtu, [this] { return random; }) {}

    void join(std::uint32_t number) { EXPECT_TRUE(listener.join(group(number), now)); }
    void leave(std::uint32_t number) { listener.leave(group(number), now); }
    void ask(const MldQuery& query) { listener.on_query(query, now); }

    // What is due now.
    std::vector<std::string> say(std::size_t limit = MldListener::messages_a_tick) {
        MldMessages messages;
        listener.advance(now, messages, limit);
        EXPECT_LE(messages.size(), limit);
        std::vector<std::string> lines;
        for (const MldMessage& message : messages) {
            lines.push_back(text_of(message));
        }
        return lines;
    }

    // Time passes, each timer is served when it is due: "milliseconds: message" for each.
    std::vector<std::string> run_until(std::int64_t end) {
        std::vector<std::string> lines;
        unsigned idle = 0; // turns in which the time did not move
        while (listener.next_deadline().value_or(INT64_MAX) <= end && idle < 1000) {
            const std::int64_t due = std::max(now, *listener.next_deadline());
            idle = due == now ? idle + 1 : 0;
            now = due;
            for (const std::string& line : say()) {
                lines.push_back(std::to_string(now / millisecond) + ": " + line);
            }
        }
        EXPECT_LT(idle, 1000U) << "a timer stays due at " << now;
        now = end;
        return lines;
    }
    // The first report and the repetitions are over.
    void settle() { run_until(now + 100 * second); }

    std::uint32_t random = 0x80000000; // half of each delay
    MldListener listener;
    std::int64_t now = 0;
};

} // namespace mt6d::test
