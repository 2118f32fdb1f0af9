// SPDX-License-Identifier: BSD-3-Clause
// Streams are added, replaced, altered and removed while workers run: as a whole or not at all, and
// the others lose nothing.
#include "stream_changes_fixture.hpp"
#include "support/becomes_true.hpp"

#include <algorithm>
#include <functional>
#include <future>

namespace mt6d::test {
namespace {

class StreamChanges : public StreamChangesTest {
protected:
    StreamChanges() { config = many_streams(40); }

    [[nodiscard]] std::uint64_t encapsulated(std::size_t i) {
        return site->gateway().streams().counters(id(i).slot).encapsulated_packets.value();
    }
    // A packet of each of the first two streams, whenever there is room for what it becomes.
    [[nodiscard]] std::function<void()> two_talk() {
        return [this] {
            for (std::size_t i = 0; i < 2 && said.size() < 2000; ++i) {
                const Octets inner = to_bob(udp6(), i).payload(said.size() % 100);
                from_host(inner);
                said.push_back(outside_frame(tunnel(out(i), inner)));
            }
        };
    }
    void expect_all_sent() {
        site->settle();
        std::vector<Octets> sent = site->take_sent(Side::external);
        std::sort(sent.begin(), sent.end());
        std::sort(said.begin(), said.end());
        EXPECT_GT(said.size(), 20U);
        EXPECT_EQ(sent, said);
        EXPECT_EQ(site->take_reasons(), ReasonCounts{});
        EXPECT_EQ(encapsulated(0), said.size() / 2);
        EXPECT_EQ(encapsulated(1), said.size() / 2);
    }

    std::vector<Octets> said; // as it is to be sent
};

TEST_F(StreamChanges, AnAddedStreamPassesPacketsBothWays) {
    start_with(1);
    expect_unknown(1);
    change(adding(1));
    expect_passes(1);
    expect_passes(0);
}

TEST_F(StreamChanges, AnAddedStreamRotatesWithTheOthers) {
    config.streams[1].options.rotation = 3; // a time that none has yet
    config.streams[1].options.lifetime = 9;
    start_with(1);
    change(adding(1, 2));
    for (int second = 0; second < 12; ++second) {
        pass_seconds(1);
        site->settle();
        for (std::size_t i = 0; i < 3; ++i) {
            expect_passes(i);
        }
    }
}

TEST_F(StreamChanges, ARemovedStreamIsUnknownToHostsAndNetwork) {
    start_with(2);
    change(removing(1));
    expect_unknown(1);
    expect_passes(0);
    EXPECT_EQ(site->statistics().stream_count, 1U);
}

TEST_F(StreamChanges, NothingStaysInTheTablesOfStreamsThatWent) {
    start_with(2);
    tick_until_grace_is_over();
    const auto before = entries();
    for (int round = 0; round < 5; ++round) {
        change(adding(2, 20));
        EXPECT_NE(entries(), before);
        change(removing(2, 20));
    }
    tick_until_grace_is_over();
    EXPECT_EQ(entries(), before);
}

TEST_F(StreamChanges, SlotsAreUsedAgainByStreamsOfAnotherGeneration) {
    config.streams_at_most = 4;
    start_with(2);
    const StreamId first = [&] {
        change(adding(2));
        return id(2);
    }();
    for (std::size_t i = 3; i < 20; ++i) {
        change(removing(i - 1));
        for (std::uint64_t tick = 0; tick <= StreamTable::cooling_ticks; ++tick) {
            site->tick();
        }
        change(adding(i));
        EXPECT_FALSE(id(i) == first);
        EXPECT_LT(id(i).slot, 4U);
        expect_passes(i);
    }
    EXPECT_FALSE(site->gateway().streams().is_now(first));
}

TEST_F(StreamChanges, OthersLoseNoPacketMeanwhile) {
    shape.workers = 2;
    start_with(2);
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(site->change_streams(adding(2, 30), two_talk()));
        ASSERT_TRUE(site->change_streams(removing(2, 30), two_talk()));
    }
    expect_all_sent();
}

TEST_F(StreamChanges, NeitherAnAlteredStreamNorAnUnchangedOneLosesAPacketWhileOthersAreReplaced) {
    shape.workers = 2;
    start_with(32);
    for (std::uint32_t round = 1; round <= 3; ++round) {
        StreamChange reload;
        reload.altered.push_back({id(1), nullptr});
        config.streams[1].name = "altered-" + std::to_string(round);
        config.streams[1].options.lower_mss = round % 2 == 0;
        config.streams[1].options.copy_dscp = round % 2 != 0;
        reload.altered[0].stream = configured(1);
        for (std::size_t i = 2; i < 32; ++i) {
            config.streams[i].options.lifetime = 30 + 10 * round;
            reload.replaced.push_back({id(i), configured(i)});
        }
        ASSERT_TRUE(site->change_streams(std::move(reload), two_talk()));
    }
    expect_all_sent();
}

TEST_F(StreamChanges, AreMadeOneAfterTheOther) {
    start_with(1);
    std::future<Result<>> other;
    const auto begin_other = [&] {
        if (!other.valid()) {
            other = std::async(std::launch::async,
                               [&] { return site->gateway().change_streams(adding(21, 10)); });
        }
    };
    ASSERT_TRUE(site->change_streams(adding(1, 20), begin_other));
    while (other.wait_for(std::chrono::microseconds(50)) != std::future_status::ready) {
        site->tick();
    }
    ASSERT_TRUE(other.get());
    EXPECT_EQ(site->statistics().stream_count, 31U);
    expect_passes(20);
    expect_passes(30);
}

TEST_F(StreamChanges, AnAlteredStreamGoesOnCountingUnderItsNewName) {
    start_with(1);
    expect_passes(0);
    const StreamId before = id(0);
    config.streams[0].name = "renamed";
    config.streams[0].options.copy_dscp = true;
    StreamChange altering;
    altering.altered.push_back({before, configured(0)});
    change(std::move(altering));
    EXPECT_EQ(id(0), before);
    EXPECT_EQ(encapsulated(0), 1U);
    from_host(to_bob(udp6()).traffic_class(0x28).payload(20));
    site->settle();
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(read(sent[0], 14, 2) & 0xff0U, 0x280U);
}

TEST_F(StreamChanges, AReplacedStreamBeginsAnewWithItsNewKey) {
    start_with(2);
    expect_passes(0);
    const StreamId before = id(0);
    config.streams[0].key = config.streams[39].key;
    config.streams[0].options.base_port = 20000;
    change(replacing(0));
    EXPECT_FALSE(id(0) == before);
    EXPECT_EQ(encapsulated(0), 0U);
    const Octets inner = to_bob(udp6()).payload(20);
    from_host(inner);
    site->settle();
    const auto sent = site->take_sent(Side::external);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(hex(slice(sent[0], 22, 32)), hex(slice(outside_frame(tunnel(out(), inner)), 22, 32)));
    expect_passes(1);
}

TEST_F(StreamChanges, AReplacedStreamsHostsAreNeverUnprotectedMeanwhile) {
    config.unprotected = config::Unprotected::proxy;
    start_with(1);
    pass_seconds(1);
    site->settle();
    site->take_sent(Side::external);
    std::size_t given = 0;
    const auto talk = [&] {
        if (++given <= 1000) {
            from_host(to_bob(udp6()).payload(20));
        }
    };
    for (std::uint32_t lifetime = 40; lifetime <= 60; lifetime += 10) {
        config.streams[0].options.lifetime = lifetime;
        ASSERT_TRUE(site->change_streams(replacing(0), talk));
    }
    site->settle();
    for (const Octets& frame : site->take_sent(Side::external)) {
        EXPECT_NE(hex(slice(frame, 38, 16)), hex(octets(stream().remote.address)));
    }
    EXPECT_EQ(site->statistics().ports[index(Side::internal)].proxied_packets, 0U);
}

TEST_F(StreamChanges, AHostsNewMacReachesItsTraffic) {
    start_with(2);
    for (std::size_t i = 0; i < 2; ++i) {
        config.streams[i].local.mac = mac("02:00:00:00:00:77");
    }
    StreamChange moved = replacing(0);
    moved.replaced.push_back({id(1), configured(1)});
    change(std::move(moved));
    const Octets back = to_alice(udp6()).payload(21);
    from_network(tunnel(in(), back));
    expect_sent(Side::internal, {frame(mac("02:00:00:00:00:77"), TestGateway::internal_mac, back)});
}

TEST_F(StreamChanges, ADisabledStreamStaysDisabledWhenItIsReplaced) {
    start_with(1);
    site->gateway().streams().context(0).disabled = true;
    config.streams[0].options.lifetime = 40;
    change(replacing(0));
    from_host(to_bob(udp6()).payload(20));
    expect_dropped(Side::internal, Reason::stream_disabled);
}

TEST_F(StreamChanges, WhatDoesNotFitIsRefusedAsAWholeAndNamesTheKeyToRaise) {
    config.streams_at_most = 3;
    start_with(2);
    expect_refused(adding(2, 2), "streams_at_most");
    expect_unknown(2);
    EXPECT_EQ(site->statistics().stream_count, 2U);
    change(adding(2));
    expect_passes(2);
}

TEST_F(StreamChanges, WhatHasToBeThereFromTheStartIsRefused) {
    start_with(1);
    config.streams[1].options.cipher = Cipher::aes_256_gcm;
    expect_refused(adding(1), "no stream encrypted when the gateway started");
    config.streams[1].options.cipher = Cipher::none;
    config.streams[1].options.rekey.method = KeyMethod::x25519;
    expect_refused(adding(1), "no stream exchanged keys when the gateway started");
    config.streams[1].options.rekey.method = KeyMethod::off;
    config.streams[1].local.mac = TestGateway::internal_mac;
    expect_refused(adding(1), "is that of this gateway's internal port");
    EXPECT_EQ(site->statistics().stream_count, 1U);
}

TEST_F(StreamChanges, ARoutedPrefixOfANewStreamIsRoutedFromThenOn) {
    config.streams[1].local.address = address("2001:db8:a::a11c:f");
    config.streams[1].local.hashed_prefix = *Ipv6Prefix::parse("2001:db8:f::/64");
    start_with(1);
    const Ipv6Address in_prefix = address("2001:db8:f::1");
    EXPECT_FALSE(site->gateway().neighborhood().is_routed(in_prefix));
    change(adding(1));
    EXPECT_TRUE(site->gateway().neighborhood().is_routed(in_prefix));
    expect_passes(0);
    change(removing(1));
    EXPECT_FALSE(site->gateway().neighborhood().is_routed(in_prefix));
}

TEST_F(StreamChanges, AreRefusedOnceTheGatewayEnds) {
    start_with(1);
    site->gateway().control().tasks().close();
    expect_refused(adding(1), "the gateway is ending");
}

TEST_F(StreamChanges, EndHalfwayWithTheGateway) {
    start_with(2);
    const auto before = entries();
    auto changed = std::async(std::launch::async,
                              [&] { return site->gateway().change_streams(adding(2, 30)); });
    ASSERT_TRUE(becomes_true([&] {
        site->tick();
        return entries() != before; // some are published, and no tick follows
    }));
    site->gateway().control().tasks().close();
    const auto result = changed.get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "the gateway is ending");
    expect_passes(0);
    site.reset();
}

TEST_F(StreamChanges, ThatFindNoRoomWhenTheyArePublishedLeaveNothingBehind) {
    start_with(2);
    AnswerTable& inside = site->gateway().neighborhood().answers(Side::internal);
    std::vector<Ipv6Address> strangers{address("2001:db8:5::")};
    while (inside.add(strangers.back(), AnswerTable::Kind::remote_host)) {
        Ipv6Address next = strangers.back();
        if (++next.bytes[15] == 0) {
            ++next.bytes[14];
        }
        strangers.push_back(next);
    }
    strangers.pop_back();
    const auto leave = [&] {
        inside.remove(strangers.back());
        strangers.pop_back();
    };
    leave();
    leave(); // room for two streams
    tick_until_grace_is_over();
    const auto before = entries();
    expect_refused(adding(2, 8), "no room in the table of addresses to answer for");
    tick_until_grace_is_over();
    EXPECT_EQ(entries(), before);
    EXPECT_EQ(site->statistics().stream_count, 2U);
    while (!strangers.empty()) {
        leave();
    }
    tick_until_grace_is_over();
    change(adding(2, 8));
    expect_passes(2);
}

} // namespace
} // namespace mt6d::test
