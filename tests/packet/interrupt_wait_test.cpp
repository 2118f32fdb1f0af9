// SPDX-License-Identifier: BSD-3-Clause
#include "control/port.hpp"
#include "dataplane/interrupt_wait.hpp"
#include "dataplane/worker_ring.hpp"
#include "ring_port.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <thread>

namespace mt6d::test {
namespace {

using dataplane::Doorbell;
using dataplane::InterruptWait;
using dataplane::WorkerRing;

struct FreeRing {
    void operator()(rte_ring* ring) const { rte_ring_free(ring); }
};

class AnIdleWorker : public testing::Test {
protected:
    void SetUp() override {
        pool.reset(rte_pktmbuf_pool_create("idle_pool", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                           SOCKET_ID_ANY));
        ASSERT_NE(pool, nullptr);
        packet = rte_pktmbuf_alloc(pool.get());
        ASSERT_NE(packet, nullptr);
        memory.reset(rte_ring_create("idle_worker", 8, SOCKET_ID_ANY, RING_F_SC_DEQ));
        ASSERT_NE(memory, nullptr);
        ASSERT_TRUE(bell.open());
        ASSERT_TRUE(wait.open(bell));
        ring = {memory.get(), &bell};
    }
    void TearDown() override { rte_pktmbuf_free(packet); }
    PoolPtr pool;
    rte_mbuf* packet = nullptr;
    std::unique_ptr<rte_ring, FreeRing> memory;
    Doorbell bell;
    InterruptWait wait; // ends before its bell
    WorkerRing ring;
};

TEST_F(AnIdleWorker, IsAwakeOnceInAWhileWhereNothingComes) {
    wait.arm();
    EXPECT_FALSE(wait.block());
    wait.disarm();
}

TEST_F(AnIdleWorker, IsWokenByAPacketInItsRing) {
    wait.arm();
    std::thread other([&] { EXPECT_TRUE(ring.give(packet)); });
    while (!wait.block()) {
    }
    wait.disarm();
    other.join();
    rte_mbuf* taken = nullptr;
    EXPECT_EQ(ring.take({&taken, 1}), 1U);
    EXPECT_EQ(taken, packet);
    wait.arm();
    EXPECT_FALSE(wait.block()) << "one ring is one wake-up";
}

TEST_F(AnIdleWorker, IsWokenByABurstInItsRing) {
    wait.arm();
    std::array<rte_mbuf*, 2> burst{packet, packet};
    EXPECT_EQ(ring.give(burst), burst.size());
    EXPECT_TRUE(wait.block());
}

TEST_F(AnIdleWorker, CannotBeWokenByAPortThatHasNoInterrupts) {
    const RingPort port("idle_port", 1, 1, 7, pool.get());
    EXPECT_FALSE(wait.watch(port.id(), 0));
    wait.close();
    EXPECT_FALSE(wait.is_open());
}

} // namespace
} // namespace mt6d::test
