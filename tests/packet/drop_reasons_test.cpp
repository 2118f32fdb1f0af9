// SPDX-License-Identifier: BSD-3-Clause
// Each drop reason is provoked by a test, and counted once. Reasons that need a scene of their own
// are listed with the test that sets it.
#include "drop_reason_rows.hpp"

#include <algorithm>
#include <set>

namespace mt6d::test {
namespace {

// Inner discovery of every type, in every wrapping that leaves the type in the packet.
TEST_F(DropReasons, InnerDiscoveryIsNeverDelivered) {
    start();
    for (std::uint8_t type = 133; type <= 137; ++type) {
        const Packet plain = to_alice(icmp6(type)).hop_limit(255).payload(20);
        const std::vector<Packet> packets{
            plain, Packet(plain).extension(protocol::hop_by_hop, padding_header()),
            Packet(plain).extension(protocol::fragment, fragment_header(0, true)),
            Packet(plain)
                .extension(protocol::destination_options, padding_header())
                .extension(protocol::fragment, fragment_header(0, false))};
        for (const Packet& packet : packets) {
            site->receive(Side::external, peer_sends(packet));
        }
        expect_dropped(Side::external, Reason::inner_discovery, packets.size());
    }
}

class OneFrame : public DropReasons, public testing::WithParamInterface<std::size_t> {};

TEST_P(OneFrame, IsCountedOnceAndGoesNowhere) {
    start();
    const Row& row = drop_reason_rows()[GetParam()];
    site->receive(row.side, row.frame(*this));
    expect_dropped(row.side, row.reason);
}

INSTANTIATE_TEST_SUITE_P(DropReasons, OneFrame,
                         testing::Range<std::size_t>(0, drop_reason_rows().size()),
                         [](const auto& parameter) {
                             const Row& row = drop_reason_rows()[parameter.param];
                             return std::string(text(row.reason).symbol) + "_" + row.what;
                         });

// Shown elsewhere, each in a test that says so; EachReasonSeen checks that they are.
const std::set<Reason> in_other_tests{
    Reason::inner_discovery,      // above
    Reason::frame_segmented,      // Resources
    Reason::forwarding_stopped,   // Orders
    Reason::stream_disabled,      // Orders
    Reason::no_buffer,            // Resources
    Reason::no_headroom,          // Resources
    Reason::no_tailroom,          // Resources
    Reason::crypto_failed,        // Sealed
    Reason::number_exhausted,     // Numbers
    Reason::number_unrecorded,    // Numbers
    Reason::cipher_malformed,     // Sealed
    Reason::cipher_tag,           // Sealed
    Reason::replayed,             // Replay
    Reason::handover_full,        // Resources
    Reason::transmit_full,        // Resources
    Reason::event_queue_full,     // Resources
    Reason::stopping,             // Resources
    Reason::packet_too_big,       // Mtu
    Reason::inner_too_big,        // Mtu
    Reason::error_translated,     // PathErrors
    Reason::error_learned,        // PathErrors
    Reason::fragment_conflict,    // Fragments
    Reason::fragment_timeout,     // Fragments
    Reason::fragment_limit,       // Fragments
    Reason::fragment_joined,      // Fragments
    Reason::route_not_ready,      // NextHop
    Reason::next_hop_unresolved,  // NextHop
    Reason::next_hop_unreachable, // NextHop
    Reason::route_expired,        // Rotation
    Reason::route_early,          // Rotation
    Reason::discovery_answered,   // Discovery
    Reason::discovery_heard,      // NextHop
    Reason::listener_query,       // NeighborhoodTest
    Reason::protected_remote,     // EachPolicy
    Reason::protected_pair,       // EachPolicy
    Reason::to_gateway,           // Proxy
    Reason::not_for_hosts,        // Proxy
    Reason::proxy_too_big,        // Proxy
    Reason::neighbor_unknown,     // Proxy
    Reason::discovery_too_big,    // RouterAdvertisements
    Reason::discovery_proxied,    // RouterAdvertisements
    Reason::key_message,          // KeyExchangePackets
    Reason::key_malformed,        // KeyExchangePackets
    Reason::key_too_many,         // KeyExchangePackets
    Reason::epoch_ended,          // KeyExchangePackets
};

TEST(EachReason, HasATest) {
    for (std::size_t i = 0; i < reason_count; ++i) {
        const auto reason = static_cast<Reason>(i);
        const bool row = std::any_of(drop_reason_rows().begin(), drop_reason_rows().end(),
                                     [&](const Row& r) { return r.reason == reason; });
        EXPECT_TRUE(row || in_other_tests.contains(reason)) << text(reason).symbol;
    }
}

} // namespace
} // namespace mt6d::test
