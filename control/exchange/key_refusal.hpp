// SPDX-License-Identifier: BSD-3-Clause
// Why a message of key exchange had no effect. One list feeds the enum, the counters and what the
// operator reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mt6d {

// X(symbol, sentence)
#define MT6D_KEY_REFUSALS(X)                                                                       \
    /* what it looks like */                                                                       \
    X(too_short, "The message is shorter than any can be.")                                        \
    X(unknown_kind, "The message's kind is neither wrap nor x25519.")                              \
    X(unknown_message, "The message is neither offer, accept nor confirm.")                        \
    X(wrong_length, "The message's length is not that of its kind.")                               \
    X(other_kind, "The peer is configured for another kind of key exchange.")                      \
    X(switched_off, "The peer offers a key, and key exchange is off here.")                        \
    /* who sent it */                                                                              \
    X(wrong_mac, "The mac is wrong: the keys differ, or the message was changed.")                 \
    X(bad_body, "The mac is right, and the key in the message cannot be had.")                     \
    /* an offer that is not taken */                                                               \
    X(wrong_route, "The message came on a route where none of its kind travels.")                  \
    X(too_late, "The change time is more than a lifetime behind: a recording, or a clock.")        \
    X(too_early, "The change time is more than an hour ahead: a clock is wrong.")                  \
    X(older, "An offer with a later change time, or the epoch in use, stands.")                    \
    X(own_stands, "Both offered at once, and the own offer's body is the larger.")                 \
    X(other_epoch, "The epoch offered is not the next one.")                                       \
    X(not_silent, "The peer wants to recover, and was heard a moment ago.")                        \
    /* an accept or a confirm */                                                                   \
    X(unexpected, "An accept or a confirm that belongs to no exchange under way.")

enum class KeyRefusal : std::uint8_t {
#define MT6D_KEY_REFUSAL_ENUMERATOR(symbol, sentence) symbol,
    MT6D_KEY_REFUSALS(MT6D_KEY_REFUSAL_ENUMERATOR)
#undef MT6D_KEY_REFUSAL_ENUMERATOR
};

struct KeyRefusalText {
    std::string_view symbol;
    std::string_view sentence;
};

inline constexpr std::array key_refusal_texts{
#define MT6D_KEY_REFUSAL_TEXT(symbol, sentence) KeyRefusalText{#symbol, sentence},
    MT6D_KEY_REFUSALS(MT6D_KEY_REFUSAL_TEXT)
#undef MT6D_KEY_REFUSAL_TEXT
};
inline constexpr std::size_t key_refusal_count = key_refusal_texts.size();

} // namespace mt6d
