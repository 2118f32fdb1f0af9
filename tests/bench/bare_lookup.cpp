// SPDX-License-Identifier: BSD-3-Clause
// Run by tools/bench streams: what a gateway's lookup leaves over at the best. One worker receives
// bursts from port 0, looks their pairs of addresses up in a table as large as the gateway's, and
// sends what it found to port 1 as it is. Prints a line a second: Unix time, packets sent, packets
// lost.
//
//     bare_lookup STREAMS CAPACITY LOCAL REMOTE SECONDS -- EAL-ARGUMENT...
//
// Stream i joins the addresses LOCAL + i and REMOTE + i.
#include "dataplane/table.hpp"

#include <mt6d/address.hpp>
#include <mt6d/stream.hpp>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using mt6d::Ipv6Address;
using mt6d::dataplane::Table;

constexpr std::uint16_t burst = 64;
constexpr std::uint16_t descriptors = 1024;
constexpr std::uint32_t buffers = 16383;
constexpr std::uint32_t buffer_cache = 256;
constexpr std::size_t addresses_at = 14 + 8; // in a frame

struct Pair {
    Ipv6Address local;
    Ipv6Address remote;
};

struct Loop {
    const Table& table;
    mt6d::Counter sent;
    mt6d::Counter lost;
    std::atomic<bool> stop{false};
};

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "bare_lookup: %s\n", what);
    std::exit(EXIT_FAILURE);
}

// Within its last 32 bits.
Ipv6Address plus(const Ipv6Address& address, std::uint32_t n) {
    Ipv6Address sum = address;
    std::uint32_t carry = n;
    for (std::size_t i = sum.bytes.size(); i-- > 12;) {
        carry += sum.bytes[i];
        sum.bytes[i] = static_cast<std::uint8_t>(carry);
        carry >>= 8U;
    }
    return sum;
}

Ipv6Address address(const char* text) {
    const auto parsed = Ipv6Address::parse(text);
    if (!parsed) {
        fail("LOCAL and REMOTE are IPv6 addresses");
    }
    return *parsed;
}

std::unique_ptr<Table> make_table(std::uint32_t streams, std::uint32_t capacity,
                                  const Ipv6Address& local, const Ipv6Address& remote) {
    auto table = Table::create("pairs", sizeof(Pair), capacity, SOCKET_ID_ANY);
    if (table == nullptr) {
        fail("no memory for the table");
    }
    for (std::uint32_t i = 0; i < streams; ++i) {
        const Pair pair{plus(local, i), plus(remote, i)};
        if (!table->add(&pair, reinterpret_cast<void*>(std::uintptr_t{i} + 1))) {
            fail("the table is full");
        }
    }
    return table;
}

void open_port(std::uint16_t port, rte_mempool* pool) {
    const rte_eth_conf settings{};
    if (rte_eth_dev_configure(port, 1, 1, &settings) != 0
        || rte_eth_rx_queue_setup(port, 0, descriptors, 0, nullptr, pool) != 0
        || rte_eth_tx_queue_setup(port, 0, descriptors, 0, nullptr) != 0
        || rte_eth_dev_start(port) != 0) {
        fail("a port cannot be opened");
    }
}

int forward(void* argument) {
    auto& loop = *static_cast<Loop*>(argument);
    std::array<rte_mbuf*, burst> packets;
    std::array<const void*, burst> keys;
    std::array<void*, burst> found;
    while (!loop.stop.load(std::memory_order_relaxed)) {
        const std::uint16_t count = rte_eth_rx_burst(0, 0, packets.data(), burst);
        if (count == 0) {
            continue;
        }
        for (std::uint16_t i = 0; i < count; ++i) {
            keys[i] = rte_pktmbuf_mtod_offset(packets[i], const void*, addresses_at);
        }
        const std::uint64_t hits = loop.table.find_bulk(keys.data(), count, found.data());
        std::uint16_t kept = 0;
        for (std::uint16_t i = 0; i < count; ++i) {
            if ((hits >> i & 1U) != 0) {
                packets[kept++] = packets[i];
            } else {
                rte_pktmbuf_free(packets[i]);
            }
        }
        const std::uint16_t sent = rte_eth_tx_burst(1, 0, packets.data(), kept);
        for (std::uint16_t i = sent; i < kept; ++i) {
            rte_pktmbuf_free(packets[i]);
        }
        loop.sent.add(sent);
        loop.lost.add(std::uint64_t{count} - sent);
    }
    return 0;
}

void report(const Loop& loop) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    std::printf("%.6f %llu %llu\n", std::chrono::duration<double>(now).count(),
                static_cast<unsigned long long>(loop.sent.value()),
                static_cast<unsigned long long>(loop.lost.value()));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
    constexpr int own_arguments = 6;
    if (argc <= own_arguments || std::string(argv[own_arguments]) != "--") {
        fail("usage: bare_lookup STREAMS CAPACITY LOCAL REMOTE SECONDS -- EAL-ARGUMENT...");
    }
    const auto streams = static_cast<std::uint32_t>(std::stoul(argv[1]));
    const auto capacity = static_cast<std::uint32_t>(std::stoul(argv[2]));
    argv[own_arguments] = argv[0];
    if (rte_eal_init(argc - own_arguments, argv + own_arguments) < 0) {
        fail("EAL does not start");
    }
    const auto table = make_table(streams, capacity, address(argv[3]), address(argv[4]));
    rte_mempool* const pool = rte_pktmbuf_pool_create("packets", buffers, buffer_cache, 0,
                                                      RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    if (pool == nullptr) {
        fail("no memory for packet buffers");
    }
    for (const std::uint16_t port : {std::uint16_t{0}, std::uint16_t{1}}) {
        open_port(port, pool);
    }
    Loop loop{.table = *table, .sent = {}, .lost = {}};
    if (rte_eal_remote_launch(forward, &loop, rte_get_next_lcore(-1U, 1, 0)) != 0) {
        fail("there is no worker lcore");
    }
    for (unsigned long second = 0; second <= std::stoul(argv[5]); ++second) {
        std::this_thread::sleep_for(std::chrono::seconds(1));
        report(loop);
    }
    loop.stop = true;
    rte_eal_mp_wait_lcore();
    return EXIT_SUCCESS;
}
