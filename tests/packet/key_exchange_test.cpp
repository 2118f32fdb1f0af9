// SPDX-License-Identifier: BSD-3-Clause
// Key exchange through a running gateway (docs/protocol.md, section 9).
#include "key_exchange_fixture.hpp"

#include <set>

namespace mt6d::test {
namespace {

struct Case {
    Cipher cipher;
    KeyMethod method;
};

std::string case_name(const testing::TestParamInfo<Case>& info) {
    const std::string method = info.param.method == KeyMethod::wrap ? "wrap" : "x25519";
    switch (info.param.cipher) {
    case Cipher::none:
        return method + "_none";
    case Cipher::aes_256_cbc:
        return method + "_cbc";
    case Cipher::aes_256_gcm:
        return method + "_gcm";
    }
    return method;
}

class KeyExchanges : public KeyExchangeTest, public testing::WithParamInterface<Case> {};

TEST_P(KeyExchanges, ReplaceTheKeyAgainAndAgainAndNoPacketIsLost) {
    use(GetParam().cipher, GetParam().method);
    start_both();
    for (std::uint32_t wanted = 1; wanted <= 3; ++wanted) {
        ASSERT_TRUE(lives_until([&] { return epoch() == wanted && peer->epoch() == wanted; }, 150))
            << "epoch " << epoch() << " here, " << peer->epoch() << " there";
        EXPECT_EQ(last_epoch, wanted); // what leaves does so on the new routes
    }
    const KeyStatistics keys = site->statistics().streams[0].keys;
    EXPECT_EQ(keys.changes, 3U);
    EXPECT_EQ(refused_in(keys), 0U);
    ReasonCounts reasons = site->take_reasons();
    reasons.erase("external control_packet");
    EXPECT_EQ(reasons.erase("external key_message"), 1U);
    EXPECT_EQ(reasons, ReasonCounts{});
}

INSTANTIATE_TEST_SUITE_P(Each, KeyExchanges,
                         testing::Values(Case{Cipher::none, KeyMethod::wrap},
                                         Case{Cipher::none, KeyMethod::x25519},
                                         Case{Cipher::aes_256_cbc, KeyMethod::wrap},
                                         Case{Cipher::aes_256_cbc, KeyMethod::x25519},
                                         Case{Cipher::aes_256_gcm, KeyMethod::wrap},
                                         Case{Cipher::aes_256_gcm, KeyMethod::x25519}),
                         case_name);

class KeyExchangePackets : public KeyExchangeTest {
protected:
    void expect_refused(const Octets& packet) {
        const KeyStatistics before = keys();
        from_network(packet);
        expect({}, {}, {{reason_name(Side::external, Reason::key_message), 1}});
        site->tick();
        EXPECT_EQ(refused_in(keys()), refused_in(before) + 1);
        EXPECT_EQ(keys().epoch, before.epoch);
        EXPECT_EQ(keys().state, before.state);
        EXPECT_EQ(keys().next_change, before.next_change);
        expect({}, {}, {}); // and no word of it
    }
};

TEST_F(KeyExchangePackets, BeginAsSoonAsTheStreamCarriesData) {
    start_both();
    for (int second = 0; second < 5; ++second) {
        pass_seconds(1);
        exchange();
    }
    EXPECT_TRUE(heard.empty());
    EXPECT_TRUE(lives_until([&] { return !heard.empty(); }, 3));
    // x25519, an offer or the accept of the peer's, epoch 1.
    const Octets begins = slice(heard.front(), 0, 6);
    EXPECT_TRUE(begins == (Octets{2, 1, 0, 0, 0, 1}) || begins == (Octets{2, 2, 0, 0, 0, 1}));
}

TEST_F(KeyExchangePackets, TheDestinationPortSaysTheSendersState) {
    start_both();
    live();
    EXPECT_EQ(last_port, 19766U);
    std::set<std::uint64_t> ports;
    ASSERT_TRUE(lives_until(
        [&] {
            ports.insert(last_port);
            return epoch() == 2;
        },
        150));
    ports.insert(last_port);
    // It offers or accepts, and confirms where it offered.
    EXPECT_TRUE(ports.contains(19766));
    EXPECT_TRUE(ports.contains(19767) || ports.contains(19768));
    EXPECT_FALSE(ports.contains(19770));
}

TEST_F(KeyExchangePackets, SayTheStateThatTheyBring) {
    start_both();
    ASSERT_TRUE(lives_until([&] { return !heard.empty(); }, 3));
    EXPECT_EQ(heard_at.front(), 19766U + heard.front().at(1)); // offering, or accepted
}

// Of streams whose packets are not authenticated anybody on the path can cause them.
TEST_F(KeyExchangePackets, ThatWereAuthenticatedFindRoomHoweverManyOthersCome) {
    config = many_streams(11);
    for (std::size_t i = 0; i < config.streams.size(); ++i) {
        config.streams[i].options.cipher = i == 0 ? Cipher::aes_256_gcm : Cipher::none;
        config.streams[i].options.rekey.method = KeyMethod::x25519;
    }
    start();
    for (std::size_t i = 1; i < config.streams.size(); ++i) {
        KeyPeer stranger(stream(i), clock.unix_ns());
        for (unsigned count = 0; count < 32; ++count) {
            from_network(stranger.control(0, salt(), pattern(26)));
        }
    }
    site->settle();
    EXPECT_GT(site->take_reasons()[reason_name(Side::external, Reason::event_queue_full)], 0U);
    from_network(KeyPeer(stream(), clock.unix_ns()).control(0, salt(), pattern(26)));
    expect_dropped(Side::external, Reason::key_message);
    site->tick();
    EXPECT_EQ(refused_in(keys()), 1U);
}

TEST_F(KeyExchangePackets, ThatAreWrongInOneBitAreCountedAndTouchNothing) {
    live_into_epoch_1();
    const Octets good = peer->messages().back();
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Octets message = good;
        message[bit / 8] = static_cast<std::uint8_t>(message[bit / 8] ^ 1U << bit % 8);
        expect_refused(peer->control(1, salt(), message));
    }
}

TEST_F(KeyExchangePackets, ThatAreRecordingsAreCountedAndTouchNothing) {
    live_into_epoch_1();
    ASSERT_TRUE(lives_until([&] { return epoch() == 2 && peer->epoch() == 2; }, 120));
    ASSERT_TRUE(lives_until([&] { return keys().state == KeyState::idle; }, 20));
    site->take_reasons();
    for (const Octets& message : peer->messages()) {
        for (const std::uint32_t epoch : {0U, 2U}) {
            const KeyStatistics before = keys();
            from_network(peer->control(epoch, salt(), message));
            site->settle();
            site->tick();
            site->settle();
            EXPECT_EQ(keys().epoch, before.epoch);
            EXPECT_EQ(keys().state, before.state);
            EXPECT_EQ(keys().changes, before.changes);
        }
    }
    live(); // as before
}

TEST_F(KeyExchangePackets, OfAnotherKeyAreCountedAndTouchNothing) {
    live_into_epoch_1();
    config::Stream other = stream();
    other.key = peer->stream(1).key;
    KeyPeer stranger(other, clock.unix_ns());
    stranger.data(to_alice(udp6()).payload(1), salt());
    const std::size_t made = stranger.messages().size();
    for (int second = 0; second < 5 && stranger.messages().size() == made; ++second) {
        clock.advance(nanoseconds_per_second);
        stranger.start(clock.unix_ns());
        stranger.take_sent(salt(), clock.unix_ns());
    }
    ASSERT_GT(stranger.messages().size(), made);
    expect_refused(peer->control(1, salt(), stranger.messages().back()));
    expect_refused(peer->control(0, salt(), stranger.messages().back()));
}

TEST_F(KeyExchangePackets, LongerThanAnyAreDropped) {
    start_both();
    from_network(peer->control(0, salt(), pattern(99)));
    expect_dropped(Side::external, Reason::key_malformed);
    from_network(peer->control(0, salt(), pattern(98)));
    expect({}, {}, {{reason_name(Side::external, Reason::key_message), 1}});
    site->tick();
    EXPECT_EQ(keys().refused[static_cast<std::size_t>(KeyRefusal::unknown_kind)], 1U);
}

TEST_F(KeyExchangePackets, TooManyWithinASecondAreDroppedAndLaterOnesAreHeardAgain) {
    start_both();
    const auto message = peer->control(0, salt(), pattern(26));
    for (unsigned i = 0; i < 150; ++i) {
        from_network(message);
    }
    site->settle();
    const std::string passed = reason_name(Side::external, Reason::key_message);
    ReasonCounts counts = site->take_reasons();
    EXPECT_EQ(counts[passed], 32U);
    EXPECT_EQ(counts[reason_name(Side::external, Reason::key_too_many)], 150U - 32U);
    pass(nanoseconds_per_second);
    from_network(message);
    site->settle();
    EXPECT_EQ(site->take_reasons()[passed], 1U);
}

TEST_F(KeyExchangePackets, OnAStreamThatExchangesNoneAreDropped) {
    config.streams[0].options.rekey.method = KeyMethod::off;
    start();
    peer.emplace(stream(), clock.unix_ns());
    from_network(peer->control(0, salt(), pattern(26)));
    expect_dropped(Side::external, Reason::key_unwanted);
}

TEST_F(KeyExchangePackets, DataUnderTheConfiguredKeyEndWithItsEpoch) {
    live_into_epoch_1();
    // One lifetime after the first packet on the new one.
    ASSERT_TRUE(lives_until([&, tenths = 0]() mutable { return ++tenths > 70; }, 20));
    site->take_reasons();
    from_network(tunnel(in(), to_alice(udp6()).payload(3)));
    expect_dropped(Side::external, Reason::epoch_ended);
    // But for key exchange.
    from_network(peer->control(0, salt(), {}));
    expect_dropped(Side::external, Reason::control_packet);
}

TEST_F(KeyExchangePackets, AfterARestartTheStreamGoesOnWithItsKey) {
    live_into_epoch_1();
    ASSERT_TRUE(lives_until([&, tenths = 0]() mutable { return ++tenths > 70; }, 20));
    site.reset();
    start();
    EXPECT_EQ(epoch(), 1U);
    live();
    EXPECT_EQ(last_epoch, 1U);
}

TEST_F(KeyExchangePackets, AnotherConfiguredKeyBeginsAtEpoch0) {
    live_into_epoch_1();
    site.reset();
    config.streams[0].key = peer->stream(1).key; // any other
    start();
    EXPECT_EQ(epoch(), 0U);
    const Octets inner = to_bob(udp6()).payload(5);
    from_host(inner);
    expect_tunnelled(inner);
}

// --- forward secrecy --------------------------------------------------------------------------

// Whether any 64 bytes of these, as a session key, open the packet.
bool opens(const config::Stream& stream, const Octets& bytes, const Octets& packet, Salt salt) {
    for (std::size_t at = 0; at + 64 <= bytes.size(); ++at) {
        config::Stream with_key = stream;
        with_key.key = *config::SessionKey::from_hex(hex(slice(bytes, at, 64)));
        const Route route = outgoing(with_key, salt);
        if (slice(packet, 8, 32) == octets(route.source) + octets(route.destination)) {
            return true; // its addresses are the key's: so is all else
        }
    }
    return false;
}

TEST_F(KeyExchangePackets, WhatIsOnDiskAfterAChangeOpensNothingFromBefore) {
    use(Cipher::aes_256_gcm, KeyMethod::x25519);
    live_into_epoch_1();
    const Octets inner = to_bob(udp6()).payload(9);
    from_host(inner);
    site->settle();
    const std::vector<Octets> sent = site->take_sent(Side::external);
    ASSERT_FALSE(sent.empty());
    const Octets recorded = slice(sent.back(), 14);
    const Salt then = salt();
    peer->hear(recorded, salt(), clock.unix_ns());
    EXPECT_TRUE(opens(stream(), octets_of_state(), recorded, then)); // as long as it is in use

    ASSERT_TRUE(lives_until([&] { return epoch() == 2 && peer->epoch() == 2; }, 120));
    ASSERT_TRUE(lives_until([&, tenths = 0]() mutable { return ++tenths > 70; }, 20));
    site->finish();
    EXPECT_FALSE(opens(stream(), octets_of_state(), recorded, then));
    const auto configured = stream().key.bytes();
    EXPECT_FALSE(opens(stream(), Octets(configured.begin(), configured.end()), recorded, then));
}

} // namespace
} // namespace mt6d::test
