// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/simulation.hpp"

#include "dataplane/packet.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <utility>

namespace mt6d::dataplane {
namespace {

constexpr unsigned ring_size = 64;

rte_ring* make_ring(std::uint16_t number) {
    std::array<char, RTE_RING_NAMESIZE> name{};
    std::snprintf(name.data(), name.size(), "mt6d_sim_%u", unsigned{number});
    return rte_ring_create(name.data(), ring_size, SOCKET_ID_ANY, 0);
}

// In a buffer of the gateway's pool; null: too long, or there is none.
rte_mbuf* make_packet(rte_mempool* pool, Bytes frame) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(pool);
    if (packet == nullptr) {
        return nullptr;
    }
    char* const at = frame.size() > UINT16_MAX
                         ? nullptr
                         : rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
    if (at == nullptr) {
        rte_pktmbuf_free(packet);
        return nullptr;
    }
    std::memcpy(at, frame.data(), frame.size());
    return packet;
}

} // namespace

void Simulation::FreeRing::operator()(rte_ring* ring) const {
    void* packet = nullptr;
    while (rte_ring_dequeue(ring, &packet) == 0) {
        rte_pktmbuf_free(static_cast<rte_mbuf*>(packet));
    }
    rte_ring_free(ring);
}

void Simulation::BorrowedEngine::run(Operation operation, Cipher cipher,
                                     std::span<CryptoJob> jobs) {
    for (CryptoJob& job : jobs) {
        if (job.key != nullptr) {
            lender->run(operation, cipher, {&job, 1});
            lent = true;
        } else if (cipher == Cipher::aes_256_gcm) {
            std::memset(job.text + job.length, 0, gcm_tag_size);
        }
    }
}

Simulation::Simulation(Side side, std::uint16_t worker, std::uint16_t workers)
    : Errand(worker), worker_index_(worker), workers_(workers), side_(side) {}

// Packets that still wait in it go back to their pool.
Simulation::~Simulation() {
    rte_pktmbuf_free(packet_);
    if (worker_ != nullptr) {
        worker_->shut_down();
    }
}

std::unique_ptr<Simulation> Simulation::create(const Forwarding& forwarding, Side side, Bytes frame,
                                               std::uint16_t worker, std::uint16_t workers) {
    std::unique_ptr<Simulation> made(new (std::nothrow) Simulation(side, worker, workers));
    return made != nullptr && made->create_parts(forwarding, frame) ? std::move(made) : nullptr;
}

bool Simulation::create_parts(const Forwarding& forwarding, Bytes frame) {
    forwarding_.ports = forwarding.ports;
    forwarding_.proxy = forwarding.proxy;
    forwarding_.forward_other_frames = forwarding.forward_other_frames;
    forwarding_.pool = forwarding.pool;
    reassembly_ = Reassembly::create(rte_get_tsc_hz(), SOCKET_ID_ANY);
    packet_ = make_packet(forwarding.pool, frame);
    if (packet_ == nullptr || reassembly_ == nullptr || !create_rings()
        || !shadow_.create_tables(forwarding_)) {
        return false;
    }
    named_ = named_in(frame);
    trace_.left = 1;
    for (std::uint16_t worker = 0; worker < workers_; ++worker) {
        trace_.buffers.push_back(std::make_unique<TraceBuffer>(1));
    }
    inspection_.trace = &trace_;
    forwarding_.inspection = &inspection_;
    create_worker();
    return true;
}

bool Simulation::create_rings() {
    std::uint16_t number = 0;
    for (; number < workers_; ++number) {
        handed_over_.emplace_back(make_ring(number));
        if (handed_over_.back() == nullptr) {
            return false;
        }
    }
    departures_.reset(make_ring(number++));
    given_.reset(make_ring(number));
    for (const Ring& ring : handed_over_) {
        forwarding_.rings.push_back({{ring.get()}, {given_.get()}});
    }
    return departures_ != nullptr && given_ != nullptr;
}

// It sends by giving to another worker, which there is not.
void Simulation::create_worker() {
    WorkerSettings settings;
    settings.index = worker_index_;
    settings.cycles_per_second = rte_get_tsc_hz();
    settings.transmit_patience = settings.cycles_per_second;
    settings.crypto = &engine_;
    settings.reassembly = reassembly_.get();
    for (const Side side : sides) {
        settings.transmit[index(side)] = {forwarding_.port(side).id, 0, {departures_.get()}};
    }
    worker_ = std::make_unique<Worker>(forwarding_, settings);
}

void Simulation::run(const Forwarding& forwarding, const WorkerSettings& settings) {
    engine_.lender = settings.crypto;
    shadow_.copy(forwarding, worker_index_, named_, forwarding_);
    worker_->poll(rte_rdtsc()); // takes notice of the trace
    rte_mbuf* packet = std::exchange(packet_, nullptr);
    worker_->receive(side_, {&packet, 1});
    worker_->poll(rte_rdtsc()); // lets go what leaves
}

std::optional<std::uint16_t> Simulation::owner() const {
    for (std::uint16_t worker = 0; worker < workers_; ++worker) {
        if (rte_ring_empty(handed_over_[worker].get()) == 0) {
            return worker;
        }
    }
    return std::nullopt;
}

std::optional<TraceRecord> Simulation::record() const {
    const TraceBuffer& buffer = *trace_.buffers[worker_index_];
    if (buffer.finished() == 0) {
        return std::nullopt;
    }
    TraceRecord record = buffer[0];
    if (record.stream) {
        record.stream = shadow_.original(record.stream->id);
    }
    return record;
}

bool Simulation::shows_headers_alone() const {
    const auto what = record();
    return engine_.lent && what && what->reason == Reason::error_translated;
}

std::vector<Simulation::Departure> Simulation::take_departures() {
    constexpr std::size_t headers =
        sizeof(EthernetHeader) + sizeof(Ipv6Header) + sizeof(Icmpv6Error);
    const bool cut = shows_headers_alone();
    std::vector<Departure> taken;
    void* slot = nullptr;
    while (rte_ring_dequeue(departures_.get(), &slot) == 0) {
        auto* const packet = static_cast<rte_mbuf*>(slot);
        const Bytes whole = bytes_of(packet);
        const Bytes frame = cut ? whole.first(std::min(headers, whole.size())) : whole;
        taken.push_back({forwarding_.side_of(packet->port), {frame.begin(), frame.end()}});
        rte_pktmbuf_free(packet);
    }
    return taken;
}

} // namespace mt6d::dataplane
