// SPDX-License-Identifier: BSD-3-Clause
// What the event log holds: what happens seldom and explains the rest, for those who study a
// gateway afterwards.
#pragma once

#include <mt6d/salt.hpp>
#include <mt6d/wire.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mt6d::events {

// Streams of one rotation time have another active salt.
struct Rotation {
    Salt salt = 0;
    std::uint32_t rotation = 0; // seconds
    std::size_t streams = 0;
};

// A stream sends with another key.
struct Rekey {
    std::string stream;
    std::uint32_t epoch = 0;
    KeyMethod kind = KeyMethod::off;
    bool began_here = false; // this gateway's offer; else the peer's
    bool recovery = false;   // docs/protocol.md, section 9, rule 6
};

// X(symbol, who can cause it, key of what it is about, sentence)
#define MT6D_ALARMS(X)                                                                             \
    X(peer_lost, ours, "stream",                                                                   \
      "The stream sends, and has not heard its peer for max(3R, 30 s).")                           \
    X(peer_back, ours, "stream", "A lost peer is heard again.")                                    \
    X(key_given_up, ours, "stream", "The peer accepted none of the offers of a new key.")          \
    X(peer_clock_off, ours, "stream",                                                              \
      "The peer's clock is off by more than a quarter of a rotation.")                             \
    X(clock_step, ours, "", "This machine's clock was set, by so many seconds.")                   \
    X(link_down, ours, "port", "The port's link is down.")                                         \
    X(link_up, ours, "port", "The port's link is up again.")                                       \
    X(router_used, strangers, "router", "Packets go by this router from now on.")                  \
    X(router_none, strangers, "", "No default router is left.")                                    \
    X(neighbor_failed, strangers, "neighbor", "A next hop does not answer solicitations.")

enum class AlarmKind : std::uint8_t {
#define MT6D_ALARM_ENUMERATOR(symbol, cause, about, sentence) symbol,
    MT6D_ALARMS(MT6D_ALARM_ENUMERATOR)
#undef MT6D_ALARM_ENUMERATOR
};

// Strangers on a link can cause some as often as they like: these are bounded in number.
enum class AlarmCause : std::uint8_t { ours, strangers };

struct AlarmText {
    std::string_view symbol;
    AlarmCause cause;
    std::string_view about; // empty: the gateway itself
    std::string_view sentence;
};

inline constexpr std::array alarm_texts{
#define MT6D_ALARM_TEXT(symbol, cause, about, sentence)                                            \
    AlarmText{#symbol, AlarmCause::cause, about, sentence},
    MT6D_ALARMS(MT6D_ALARM_TEXT)
#undef MT6D_ALARM_TEXT
};

constexpr const AlarmText& text_of(AlarmKind kind) {
    return alarm_texts[static_cast<std::size_t>(kind)];
}

struct Alarm {
    AlarmKind kind;
    std::string about{};             // as its text says
    std::optional<double> seconds{}; // how far a clock is off
};

// The log begins or ends: in between nothing is missing but what a line says.
struct Start {
    std::string name;
    std::size_t streams = 0;
};
struct End {};

using What = std::variant<Start, Rotation, Rekey, Alarm, End>;

struct Event {
    std::int64_t unix_ns = 0;
    What what;
};

} // namespace mt6d::events
