// SPDX-License-Identifier: BSD-3-Clause
// What is said to be wrong with a stream, by what can be seen of it: a truth table.
#include "control/shell/likely_cause.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mt6d::shell {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Sends, and has never heard anything.
StreamFacts unheard() {
    StreamFacts facts;
    facts.name = "alice-bob";
    facts.state = StreamState::unheard;
    facts.sent_ago = 0;
    return facts;
}

StreamFacts refusing(Reason reason) {
    StreamFacts facts = unheard();
    facts.last_drop[1] = reason;
    facts.dropped_ago = 0;
    return facts;
}

TEST(TheLikelyCause, is_nothing_while_the_peer_is_heard) {
    StreamFacts facts = refusing(Reason::cipher_tag); // one packet, some time ago
    facts.state = StreamState::up;
    EXPECT_THAT(likely_cause(facts, {}), IsEmpty());
}

TEST(TheLikelyCause, is_nothing_before_anything_was_sent) {
    StreamFacts facts = unheard();
    facts.sent_ago.reset();
    EXPECT_THAT(likely_cause(facts, {.unprotected_outside = 5}), IsEmpty());
}

TEST(TheLikelyCause, follows_from_why_the_peers_packets_are_refused) {
    EXPECT_THAT(likely_cause(refusing(Reason::cipher_mismatch), {}), HasSubstr("`cipher`"));
    EXPECT_THAT(likely_cause(refusing(Reason::udp_port), {}), HasSubstr("base_port"));
    EXPECT_THAT(likely_cause(refusing(Reason::route_expired), {}), HasSubstr("clock is behind"));
    EXPECT_THAT(likely_cause(refusing(Reason::route_early), {}), HasSubstr("clock is ahead"));
    EXPECT_THAT(likely_cause(refusing(Reason::cipher_tag), {}), HasSubstr("true address"));
}

TEST(TheLikelyCause, of_packets_with_other_addresses_is_that_the_two_ends_compute_others) {
    EXPECT_THAT(likely_cause(unheard(), {.unprotected_outside = 5}),
                HasSubstr("the two ends compute different addresses"));
}

TEST(TheLikelyCause, of_silence_is_the_path_or_the_peer) {
    EXPECT_THAT(likely_cause(unheard(), {}), HasSubstr("nothing arrives"));
}

TEST(TheLikelyCause, is_not_a_packet_that_was_dropped_long_before) {
    StreamFacts facts = refusing(Reason::replayed);
    facts.dropped_ago = silence_limit_s(facts.options) + 1;
    EXPECT_THAT(likely_cause(facts, {}), HasSubstr("nothing arrives"));
}

TEST(TheLikelyCause, of_packets_that_cannot_leave_is_here) {
    StreamFacts facts = unheard();
    facts.last_drop[0] = Reason::next_hop_unreachable;
    facts.dropped_ago = 0;
    EXPECT_THAT(likely_cause(facts, {}), HasSubstr("next hop does not answer"));
}

TEST(TheLikelyCause, is_the_clock_where_the_peers_is_measured_and_off) {
    StreamFacts facts = unheard();
    facts.state = StreamState::up;
    facts.options.rotation = 10;
    facts.peer_offset = PeerOffset{-4 * nanoseconds_per_second, -3 * nanoseconds_per_second};
    EXPECT_THAT(likely_cause(facts, {}), HasSubstr("3.5 s behind this one"));
    facts.peer_offset = PeerOffset{-3 * nanoseconds_per_second, 0};
    EXPECT_THAT(likely_cause(facts, {}), IsEmpty()) << "it may be right";
}

TEST(TheLikelyCause, of_refused_key_messages_is_named_while_packets_still_pass) {
    StreamFacts facts = unheard();
    facts.state = StreamState::up;
    facts.keys.emplace();
    facts.keys->last_refusal = KeyRefusal::other_kind;
    EXPECT_THAT(likely_cause(facts, {}), HasSubstr("rekey.method"));
}

TEST(TheLikelyCause, is_the_operator_where_forwarding_is_stopped) {
    EXPECT_THAT(likely_cause(refusing(Reason::cipher_mismatch), {.stopped = true}),
                HasSubstr("stopped by the operator"));
}

TEST(TheLikelyCause, is_the_operator_where_the_stream_is_disabled) {
    StreamFacts facts = refusing(Reason::cipher_mismatch);
    facts.state = StreamState::disabled;
    EXPECT_THAT(likely_cause(facts, {}), HasSubstr("enable stream alice-bob"));
}

} // namespace
} // namespace mt6d::shell
