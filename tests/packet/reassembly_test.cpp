// SPDX-License-Identifier: BSD-3-Clause
// Reassembly by itself, over an injected clock: when fragments are given up, and how many may wait.
#include "dataplane/packet.hpp"
#include "dataplane/reassembly.hpp"
#include "packet_builder.hpp"
#include "test_gateway.hpp"

#include <gtest/gtest.h>

namespace mt6d::test {
namespace {

using dataplane::Reassembly;

constexpr std::uint64_t hz = 1'000'000;

class ReassemblyTest : public testing::Test {
protected:
    ReassemblyTest()
        : table(Reassembly::create(hz, SOCKET_ID_ANY)),
          before(rte_mempool_in_use_count(common_pool())) {}
    void TearDown() override {
        while (!table->empty()) {
            free_all(table->close());
        }
        EXPECT_EQ(rte_mempool_in_use_count(common_pool()), before);
    }

    // 640 bytes of payload from `offset` on.
    Reassembly::Outcome add(std::uint32_t stream, std::uint32_t id, std::uint16_t offset, bool more,
                            std::uint64_t now) {
        Ipv6Address source = address("2001:db8::");
        source.bytes[14] = static_cast<std::uint8_t>(stream >> 8U);
        source.bytes[15] = static_cast<std::uint8_t>(stream);
        const Octets bytes =
            frame(TestGateway::external_mac, mac("02:00:00:00:00:fe"),
                  packet_of(protocol::udp)
                      .from(source)
                      .to(address("2001:db8::2"))
                      .extension(protocol::fragment, fragment_header(offset, more, id))
                      .payload(640));
        rte_mbuf* const packet = rte_pktmbuf_alloc(common_pool());
        char* const at = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(bytes.size()));
        std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t*>(at));
        const auto view = parse_frame(dataplane::bytes_of(packet));
        return table->add(packet, *view, stream, now);
    }
    static std::size_t free_all(const Reassembly::Outcome& outcome) {
        for (rte_mbuf* const packet : outcome.refused) {
            rte_pktmbuf_free(packet);
        }
        return outcome.refused.size();
    }
    std::size_t expire(std::uint64_t now) {
        std::size_t count = 0;
        while (const std::size_t more = free_all(table->expire(now))) {
            count += more;
        }
        return count;
    }

    std::unique_ptr<Reassembly> table;
    unsigned before;
};

TEST_F(ReassemblyTest, GivesUpAfterTwoSecondsAndNotBefore) {
    constexpr std::uint64_t start = 1000;
    add(1, 1, 0, true, start);
    EXPECT_EQ(expire(start + 2 * hz), 0U);
    EXPECT_FALSE(table->empty());
    const auto outcome = table->expire(start + 2 * hz + 1);
    EXPECT_EQ(outcome.reason, Reason::fragment_timeout);
    EXPECT_EQ(free_all(outcome), 1U);
    EXPECT_TRUE(table->empty());
}

TEST_F(ReassemblyTest, CountsTheTimeFromTheFirstThatCame) {
    add(1, 1, 0, true, 0);
    add(1, 1, 640, true, hz);
    EXPECT_EQ(expire(2 * hz + 1), 2U);
    EXPECT_TRUE(table->empty());
}

TEST_F(ReassemblyTest, PutsTogetherUpToTheLastMoment) {
    add(1, 1, 0, true, 0);
    const auto outcome = add(1, 1, 640, false, 2 * hz);
    ASSERT_NE(outcome.whole, nullptr);
    EXPECT_EQ(outcome.joined, 1U);
    EXPECT_EQ(outcome.whole->nb_segs, 1U);
    EXPECT_EQ(outcome.whole->data_len, 14 + 40 + 1280);
    EXPECT_TRUE(table->empty());
    rte_pktmbuf_free(outcome.whole);
}

TEST_F(ReassemblyTest, HoldsSoManyOfAStreamAndSoManyInAll) {
    std::uint32_t held = 0;
    std::uint32_t stream = 0;
    for (; held < Reassembly::capacity; ++stream) {
        for (std::uint32_t i = 0; i < Reassembly::capacity_of_stream; ++i) {
            const auto outcome = add(stream, i, 0, true, 0);
            if (const auto refused = free_all(outcome); refused != 0) {
                // A bucket of the table is full: rare, and it costs this one alone.
                EXPECT_EQ(refused, 1U);
                EXPECT_EQ(outcome.reason, Reason::fragment_limit);
            } else {
                ++held;
            }
        }
        const auto outcome = add(stream, 1'000'000, 0, true, 0);
        EXPECT_TRUE(outcome.reason == Reason::fragment_limit || held < 128 * (stream + 1));
        held += free_all(outcome) == 0 ? 1 : 0;
        ASSERT_LT(stream, 64U);
    }
    const auto outcome = add(stream, 0, 0, true, 0);
    EXPECT_EQ(outcome.reason, Reason::fragment_limit);
    EXPECT_EQ(free_all(outcome), 1U);
    // Their time over, there is room again.
    EXPECT_EQ(expire(2 * hz + 1), held);
    EXPECT_TRUE(table->empty());
    EXPECT_EQ(free_all(add(stream, 0, 0, true, 3 * hz)), 0U);
}

TEST_F(ReassemblyTest, GivesAPlaceBackWithEachPacketThatIsWhole) {
    for (std::uint32_t i = 0; i < 10 * Reassembly::capacity; ++i) {
        EXPECT_EQ(free_all(add(1, i, 0, true, i)), 0U);
        const auto outcome = add(1, i, 640, false, i);
        ASSERT_NE(outcome.whole, nullptr);
        rte_pktmbuf_free(outcome.whole);
    }
    EXPECT_TRUE(table->empty());
}

TEST_F(ReassemblyTest, GivesAPlaceBackWithEachConflict) {
    for (std::uint32_t i = 0; i < 1000; ++i) {
        EXPECT_EQ(free_all(add(1, i, 0, true, 0)), 0U);
        const auto outcome = add(1, i, 0, true, 0); // twice
        EXPECT_EQ(outcome.reason, Reason::fragment_conflict);
        EXPECT_EQ(free_all(outcome), 2U);
    }
    EXPECT_TRUE(table->empty());
}

} // namespace
} // namespace mt6d::test
