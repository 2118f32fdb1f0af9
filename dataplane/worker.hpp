// SPDX-License-Identifier: BSD-3-Clause
// A worker lcore: strings the stages together over bursts of packets from two ports. It neither
// allocates, logs, locks nor blocks, but for the idle wait.
#pragma once

#include "dataplane/classify.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/events.hpp"
#include "dataplane/footprint.hpp"
#include "dataplane/forwarding.hpp"
#include "dataplane/fragment.hpp"
#include "dataplane/icmp_error.hpp"
#include "dataplane/idle.hpp"
#include "dataplane/inspection.hpp"
#include "dataplane/interrupt_wait.hpp"
#include "dataplane/lobby.hpp"
#include "dataplane/open.hpp"
#include "dataplane/rate_limit.hpp"
#include "dataplane/reassembly.hpp"
#include "dataplane/seal.hpp"
#include "dataplane/stream_drops.hpp"
#include "dataplane/transmit.hpp"
#include "dataplane/waiting_room.hpp"

#include <mt6d/parse_error.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace mt6d::dataplane {

struct WorkerSettings {
    std::uint16_t index = 0; // in Forwarding::rings, and as reader of Forwarding::grace
    std::array<std::optional<std::uint16_t>, side_count> rx_queue; // none: another worker polls it
    std::array<TransmitQueue::Target, side_count> transmit;
    bool sleep = false;                  // when idle; else spin
    InterruptWait* interrupts = nullptr; // outlives the worker; sleeps so, if it is open
    std::uint64_t cycles_per_second = 0; // of rte_rdtsc()
    std::uint64_t transmit_patience = 0; // cycles to keep what a port does not take
    CryptoEngine* crypto = nullptr;      // outlives the worker; null: no stream encrypts
    Reassembly* reassembly = nullptr;    // outlives the worker
    SipKey identification_key{};         // random, this worker's alone
};

class Worker {
public:
    Worker(Forwarding& forwarding, const WorkerSettings& settings);

    // Until `stop`; then sends or frees all it holds. On the worker's lcore.
    void run(const std::atomic<bool>& stop);
    // One round of that: false where there was nothing to do. `now`: rte_rdtsc().
    bool poll(std::uint64_t now);
    // A burst that came in by the port.
    void receive(Side side, std::span<rte_mbuf*> packets);
    // Sends or frees all that it holds.
    void shut_down();
    // Frees, counted, what others gave to this worker and it did not come to. When no worker runs.
    void discard_given();

    [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
    [[nodiscard]] const StreamDrops& stream_drops() const { return drops_; }
    // Any thread.
    void empty_stream_drops() { drops_.empty(); }
    Events& events() { return events_; }

private:
    static constexpr std::uint16_t burst_size = 64;
    static_assert(burst_size <= Table::max_bulk && burst_size <= TransmitQueue::burst
                  && burst_size <= CryptoEngine::max_jobs
                  && burst_size_class(burst_size) < burst_size_classes);

    // A control packet of this gateway.
    struct Control {
        Bytes key_option; // none where it is empty
    };
    // A packet between the two halves of sealing.
    struct Sealing {
        StreamContext* stream;
        const RouteSlot* slot;
        Salt salt;              // as the slot was found: control may take it out of use meanwhile
        std::uint32_t length;   // of the inner packet
        const Control* control; // null: a host's packet
    };
    // aes-256-cbc and aes-256-gcm.
    static constexpr std::array ciphers{Cipher::aes_256_cbc, Cipher::aes_256_gcm};
    template <class About>
    using Batches = std::array<CryptoBatch<About>, ciphers.size()>;
    template <class About>
    static CryptoBatch<About>& batch_of(Batches<About>& batches, Cipher cipher) {
        return batches[cipher == Cipher::aes_256_cbc ? 0 : 1];
    }

    bool turn();
    void rest(const std::atomic<bool>& stop);
    bool poll_port(Side side);
    bool poll_rings();
    void process_handed_over(std::span<rte_mbuf*> packets);
    // From a port, or from the worker that took them from a port.
    enum class Arrival : std::uint8_t { port, worker };
    void take_up(Side side, std::span<rte_mbuf*> packets, Arrival arrival);

    // --- for service threads (dataplane/worker_inspected.cpp)
    // What the tables say of a packet.
    struct Identity {
        std::optional<FrameView> frame;
        StreamContext* stream = nullptr;
        const RouteContext* route = nullptr; // of one that came by the tunnel, or is quoted
        const Ipv6Header* quoted = nullptr;  // by an ICMPv6 error, of which alone the stream knows
        const RouteSlot* slot = nullptr;     // of one that goes into it: as it will be sent
    };
    void begin_inspection();
    void take_up_inspected(Side side, std::span<rte_mbuf*> packets, Arrival arrival);
    void follow(Side side, rte_mbuf* packet, Arrival arrival, const Identity& identity,
                TraceRecord* record, CaptureQueue* queue);
    void begin_record(Side side, const rte_mbuf* packet, Arrival arrival, const Identity& identity,
                      TraceRecord& record) const;
    void finish_record(const Footprint& before, const Footprint& after,
                       std::optional<std::uint64_t> number, TraceRecord& record);
    void capture_departures();
    // --- (dataplane/worker_identity.cpp)
    [[nodiscard]] Identity identify_arrival(Side side, const rte_mbuf* packet) const;
    [[nodiscard]] Identity identify_departure(Side side, const rte_mbuf* packet) const;
    // ---
    [[nodiscard]] TraceRecord* record_for(Side side, const Identity& identity) const;
    [[nodiscard]] CaptureQueue* queue_for(Side side, const rte_mbuf* packet,
                                          const Identity& identity) const;
    [[nodiscard]] Footprint footprint(const Identity& identity) const;

    void refuse_burst(Side side, std::span<rte_mbuf*> packets);
    void process(Side side, std::span<rte_mbuf*> packets);
    void refuse_frame(Side side, const Burst::Refused& refused);
    void handle_discovery_burst(Side side, const Burst& burst);
    void fetch_streams(std::span<void* const> streams, std::uint64_t hits) const;
    void encapsulate_burst(const Burst& burst, std::span<void*> streams, std::uint64_t hits);
    void encapsulate_one(const Candidate& candidate, StreamContext& stream);
    void enter_tunnel(rte_mbuf* packet, const FrameView& inner, const Sealing& sealing);
    void add_to_seal(rte_mbuf* packet, const FrameView& inner, const Sealing& sealing);
    void seal_all();
    void send_tunnelled(rte_mbuf* packet, const Sealing& sealing);
    void drop_of_stream(Side side, rte_mbuf* packet, const StreamContext& stream, Reason reason);
    // Of a packet that is dropped elsewhere.
    void count_of_stream(Side side, const StreamContext& stream, Reason reason);
    // Why a packet was dropped, or a part of it; nothing: it leaves, or waits to.
    using Refused = std::optional<Reason>;
    Refused send_in_fragments(rte_mbuf* packet, AdjacencyId id, std::uint32_t mtu);
    Refused send_to_next_hop(Side to, rte_mbuf* packet, AdjacencyId id,
                             Sender sender = Sender::stream);
    [[nodiscard]] Salt active_salt(const StreamContext& stream) const {
        return forwarding_.active.salt[stream.rotation].load(std::memory_order_acquire);
    }
    void fetch_routes(std::span<void* const> routes, std::uint64_t hits) const;
    void decapsulate_burst(const Burst& burst, std::span<void*> routes, std::uint64_t hits);
    void decapsulate_one(const Candidate& candidate, const RouteContext& route);
    void add_to_open(const Candidate& candidate, const TunnelView& tunnel,
                     const RouteContext& route, Salt active);
    void open_all();
    void leave_tunnel(rte_mbuf* packet, const Opening& opening, Bytes clear);
    Reason hear_control_packet(const Opening& opening, Reason kind);
    void handle_unmatched_inside(const Candidate& candidate);
    void handle_unmatched_outside(const Candidate& candidate);
    enum class ListenerMessage : std::uint8_t { none, query, report };
    ListenerMessage hear_listener_message(Side side, const Candidate& candidate);
    void proxy_multicast(Side from, const Candidate& candidate);
    void proxy_unicast(Side from, const Candidate& candidate);
    void proxy_to_neighbor(Side to, rte_mbuf* packet, const Ipv6Address& destination);
    void wait_for_neighbor(Side to, rte_mbuf* packet, const Ipv6Address& neighbor);
    void serve_lobby(std::uint64_t now);
    void serve_waiting(Side to) {
        if (!waiting_[index(to)].empty()) [[unlikely]] {
            waiting_[index(to)].serve(forwarding_.adjacencies[index(to)], out_[index(to)],
                                      counters_.ports[index(other(to))]);
        }
    }
    void reassemble(const Candidate& candidate, const RouteContext& route);
    void give_up_fragments(std::uint64_t now);
    void count_fragments(const Reassembly::Outcome& outcome, Reason reason);

    bool handle_path_error(const Candidate& candidate);
    void translate_error(const Candidate& candidate, const ErrorView& error,
                         const RouteContext& route);
    [[nodiscard]] Parsed<QuoteView> check_error(const Candidate& candidate, const ErrorView& error,
                                                const RouteContext& route) const;
    [[nodiscard]] Parsed<Ipv6Address> translated_source(const FrameView& frame,
                                                        const ErrorView& error,
                                                        const RouteContext& route) const;
    // Drops a host's packet, and tells its sender so where that is due and within `limit`: counted
    // as `told`, else as `silent`.
    void refuse(Side from, const Candidate& candidate, const ErrorMessage& message,
                RateLimit& limit, Reason told, Reason silent);
    void transmit_given(rte_mbuf* packet);
    void inject(rte_mbuf* packet);
    void inject_on_epoch(rte_mbuf* packet);
    void send_control_packet(rte_mbuf* packet, const FrameView& inner, StreamContext& stream,
                             const RouteSlots& slots, const Control& control);
    // Of a packet that comes with this pair of addresses. Null: none.
    [[nodiscard]] const RouteContext* route_by(const AddressPair& hashed) const {
        return static_cast<const RouteContext*>(forwarding_.hashed_pairs->find(&hashed));
    }
    [[nodiscard]] StreamContext* stream_of(const Ipv6Header& inner) const {
        return static_cast<StreamContext*>(forwarding_.true_pairs->find(&inner.source));
    }

    [[nodiscard]] StreamCounters& counters_of(const StreamContext& stream) const {
        return forwarding_.counters[stream.id];
    }
    [[nodiscard]] StreamRef ref_of(const StreamContext& stream) const {
        return {stream.id, counters_of(stream).life.load(std::memory_order_relaxed)};
    }
    [[nodiscard]] bool is_of(const std::optional<StreamRef>& wanted,
                             const StreamContext* stream) const {
        return !wanted || (stream != nullptr && ref_of(*stream) == *wanted);
    }
    void count(Side side, Reason reason) {
        counters_.ports[index(side)].reasons[static_cast<std::size_t>(reason)].add();
    }
    void drop(Side side, rte_mbuf* packet, Reason reason);
    void hand_over(Side side, rte_mbuf* packet, std::uint16_t owner);
    // Whether both ports take what a whole burst may become: else no more is taken from a ring.
    [[nodiscard]] bool has_room() const { return out_[0].ready() && out_[1].ready(); }
    void transmit(Side side, rte_mbuf* packet) { out_[index(side)].push(packet); }

    Forwarding& forwarding_;
    const WorkerSettings settings_;
    WorkerCounters counters_;
    StreamDrops drops_;
    Events events_;
    Batches<Sealing> sealing_;
    Batches<Opening> opening_;
    std::array<TransmitQueue, side_count> out_;
    std::array<WaitingRoom, side_count> waiting_; // to leave by that side
    Lobby lobby_;
    // What is said of unprotected packets takes nothing from what streams have to be told.
    RateLimit stream_errors_;
    RateLimit other_errors_;
    Identifications identifications_;
    std::uint64_t poll_time_ = 0;                       // when the poll began, cycles
    const Inspection* inspection_ = nullptr;            // of this poll
    std::array<std::size_t, side_count> left_behind_{}; // in the transmit queues, when it began
    IdleWait idle_;
};

} // namespace mt6d::dataplane
