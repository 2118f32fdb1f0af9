// SPDX-License-Identifier: BSD-3-Clause
// The packet buffers of all ports.
#include "control/port.hpp"
#include "dataplane/reassembly.hpp"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <memory>

namespace mt6d {

namespace {

constexpr const char* pool_name = "packets";
constexpr unsigned cache_size = 256;         // of each lcore
constexpr std::uint32_t least_count = 16383; // room for short overloads; 40 MB
// A worker's own: what it has read, has queued to send, fragments that wait for others, and its
// cache, which may grow by half.
constexpr std::uint32_t held_by_worker =
    2 * 64 + 2 * 512 + dataplane::Reassembly::capacity + cache_size * 3 / 2;
constexpr std::uint32_t af_xdp_ring = 2048;
constexpr std::uint32_t af_xdp_headroom = 256; // the kernel's, before the frame
constexpr std::uint32_t af_xdp_largest = 4096; // buffer, with all that is before the frame
// What NICs count against a buffer besides header and packet: the checksum, and two VLAN tags.
constexpr std::uint32_t nic_overhead = RTE_ETHER_CRC_LEN + 2 * RTE_VLAN_HLEN;
constexpr std::uint32_t nic_buffer_step = 1024;

std::uint32_t held_by_port(const PortPlan& port) {
    if (port.is("net_af_xdp")) {
        // Of each queue: to be filled or received, to be sent, sent and to be given back.
        return port.rx_queues * 3U * af_xdp_ring;
    }
    return static_cast<std::uint32_t>(port.rx_queues) * port.rx_descriptors
           + static_cast<std::uint32_t>(port.tx_queues) * port.tx_descriptors;
}

std::uint32_t packet_count(std::span<const PortPlan> ports, std::uint16_t workers,
                           std::uint32_t held) {
    // The control lcore makes packets too.
    std::uint32_t count = held + (workers + 1U) * held_by_worker;
    for (const PortPlan& port : ports) {
        count += held_by_port(port);
    }
    // The pool's ring has a power of two of places, one of them unused.
    return std::max(least_count, std::bit_ceil(count + 1) - 1);
}

std::uint32_t round_up(std::uint32_t size, std::uint32_t step) {
    return (size + step - 1) / step * step;
}

// What a buffer holds for this port, after DPDK's headroom.
std::uint32_t frame_room(const PortPlan& port) {
    // Packets are sealed where they lie.
    const std::uint32_t frame = port.mtu + RTE_ETHER_HDR_LEN + cipher_trailer_size;
    if (port.device.is_pci()) {
        // NICs round a buffer's size down, to as much as 1 KiB (ixgbe, igb). Were a frame larger
        // than that, they would spread it over several buffers.
        return round_up(frame + nic_overhead, nic_buffer_step);
    }
    const std::uint32_t before = port.is("net_af_xdp") ? af_xdp_headroom : 0;
    return round_up(before + frame + RTE_VLAN_HLEN, 64);
}

std::uint16_t data_room(std::span<const PortPlan> ports) {
    std::uint32_t room = 2048; // AF_PACKET's ring frames want as much
    for (const PortPlan& port : ports) {
        room = std::max(room, frame_room(port));
    }
    return static_cast<std::uint16_t>(RTE_PKTMBUF_HEADROOM + room);
}

// Buffers end to end in one piece of virtual memory, as the AF_XDP driver of this release takes
// for granted when it tells the kernel where they are: rte_pktmbuf_pool_create() leaves gaps, so as
// not to cross pages, and the last buffers would lie beyond the memory that the kernel knows. It
// also saves those gaps, nearly half of the memory where pages are small. Precondition: IO
// addresses are virtual ones.
rte_mempool* make_contiguous(std::uint32_t count, std::uint16_t room, int socket) {
    std::unique_ptr<rte_mempool, PoolDeleter> pool(rte_mempool_create_empty(
        pool_name, count, static_cast<unsigned>(sizeof(rte_mbuf)) + room, cache_size,
        sizeof(rte_pktmbuf_pool_private), socket, RTE_MEMPOOL_F_NO_IOVA_CONTIG));
    if (pool == nullptr) {
        return nullptr;
    }
    if (const int code =
            rte_mempool_set_ops_byname(pool.get(), rte_mbuf_best_mempool_ops(), nullptr);
        code != 0) {
        rte_errno = -code;
        return nullptr;
    }
    rte_pktmbuf_pool_private settings{};
    settings.mbuf_data_room_size = room;
    rte_pktmbuf_pool_init(pool.get(), &settings);

    const std::size_t size = std::size_t{pool->header_size} + pool->elt_size + pool->trailer_size;
    const rte_memzone* memory = rte_memzone_reserve_aligned(
        pool_name, size * count, socket, RTE_MEMZONE_1GB | RTE_MEMZONE_SIZE_HINT_ONLY, 4096);
    if (memory == nullptr) {
        return nullptr;
    }
    const auto free_memory = [](rte_mempool_memhdr*, void* zone) {
        rte_memzone_free(static_cast<const rte_memzone*>(zone));
    };
    const int added =
        rte_mempool_populate_iova(pool.get(), static_cast<char*>(memory->addr), memory->iova,
                                  memory->len, free_memory, const_cast<rte_memzone*>(memory));
    if (added != static_cast<int>(count)) {
        if (added <= 0) {
            rte_memzone_free(memory);
        }
        rte_errno = ENOMEM;
        return nullptr;
    }
    rte_mempool_obj_iter(pool.get(), rte_pktmbuf_init, nullptr);
    return pool.release();
}

int common_socket(std::span<const PortPlan> ports) {
    const bool same = std::all_of(ports.begin(), ports.end(), [&](const PortPlan& port) {
        return port.socket == ports.front().socket;
    });
    return same && !ports.empty() ? ports.front().socket : SOCKET_ID_ANY;
}

Result<> check_af_xdp(std::uint32_t object) {
    if (object > af_xdp_largest) {
        return Error{fmt::format("net_af_xdp takes no packet buffers of {} bytes, which the other "
                                 "port's MTU needs: set mtu to at most {} there, or use "
                                 "net_af_packet",
                                 object, af_xdp_largest_mtu)};
    }
    if (rte_eal_iova_mode() != RTE_IOVA_VA) {
        return Error{"net_af_xdp needs its packet buffers in one piece: start the gateway with "
                     "-- --iova-mode=va"};
    }
    return {};
}

} // namespace

void PoolDeleter::operator()(rte_mempool* pool) const {
    rte_mempool_free(pool);
}

Result<PoolPtr> make_pool(std::span<const PortPlan> ports, std::uint16_t workers,
                          std::uint32_t held, std::uint32_t memory_mib) {
    const std::uint32_t count = packet_count(ports, workers, held);
    const std::uint16_t room = data_room(ports);
    const std::uint32_t object =
        rte_mempool_calc_obj_size(static_cast<std::uint32_t>(sizeof(rte_mbuf)) + room, 0, nullptr);
    const auto is_af_xdp = [](const PortPlan& port) { return port.is("net_af_xdp"); };
    const auto is_virtual = [](const PortPlan& port) { return !port.device.is_pci(); };
    const bool af_xdp = std::any_of(ports.begin(), ports.end(), is_af_xdp);
    if (af_xdp) {
        if (auto fits = check_af_xdp(object); !fits) {
            return std::move(fits).error();
        }
    }
    const bool contiguous = af_xdp
                            || (rte_eal_iova_mode() == RTE_IOVA_VA
                                && std::all_of(ports.begin(), ports.end(), is_virtual));
    const auto make = [&](int socket) {
        return contiguous ? make_contiguous(count, room, socket)
                          : rte_pktmbuf_pool_create(pool_name, count, cache_size, 0, room, socket);
    };
    const int socket = common_socket(ports);
    rte_mempool* pool = make(socket);
    if (pool == nullptr && socket != SOCKET_ID_ANY) {
        pool = make(SOCKET_ID_ANY);
    }
    if (pool == nullptr) {
        return Error{fmt::format("no memory for {} packet buffers of {} bytes ({} MiB): {}: raise "
                                 "memory, now {}M",
                                 count, object, std::uint64_t{count} * object / (1024 * 1024) + 1,
                                 rte_strerror(rte_errno), memory_mib)};
    }
    return PoolPtr(pool);
}

} // namespace mt6d
