// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with hosts' packets: into the tunnel.
#include "dataplane/encap.hpp"
#include "dataplane/fragment.hpp"
#include "dataplane/icmp_error.hpp"
#include "dataplane/key_option.hpp"
#include "dataplane/mss.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/seal.hpp"
#include "dataplane/worker.hpp"

#include <rte_prefetch.h>

#include <algorithm>
#include <array>

namespace mt6d::dataplane {
namespace {

void trim_link_padding(const Candidate& candidate) {
    const std::size_t length = candidate.frame.frame_length();
    if (candidate.packet->data_len > length) {
        rte_pktmbuf_trim(candidate.packet,
                         static_cast<std::uint16_t>(candidate.packet->data_len - length));
    }
}

// What follows the IPv6 header, to be written to.
std::span<std::uint8_t> transport_of(const Candidate& candidate) {
    constexpr std::size_t headers = sizeof(EthernetHeader) + sizeof(Ipv6Header);
    return {rte_pktmbuf_mtod_offset(candidate.packet, std::uint8_t*, headers),
            candidate.frame.payload_length};
}

} // namespace

void Worker::encapsulate_burst(const Burst& burst, std::span<void*> streams, std::uint64_t hits) {
    fetch_streams(streams, hits);
    for (std::uint32_t i = 0; i < burst.candidate_count; ++i) {
        const Candidate& candidate = burst.candidates[i];
        if (!hit(hits, i)) [[unlikely]] {
            handle_unmatched_inside(candidate);
            continue;
        }
        auto& stream = *static_cast<StreamContext*>(streams[i]);
        if (stream.owner != settings_.index) [[unlikely]] {
            hand_over(Side::internal, candidate.packet, stream.owner);
        } else if (candidate.frame.ipv6->hop_limit == 0) [[unlikely]] {
            drop_of_stream(Side::internal, candidate.packet, stream, Reason::hop_limit_zero);
        } else {
            encapsulate_one(candidate, stream);
        }
    }
    seal_all();
}

// Of very many streams none is in a cache. Each round asks for what the one before it has led to,
// of all packets at once.
void Worker::fetch_streams(std::span<void* const> streams, std::uint64_t hits) const {
    each_hit(hits, [&](std::uint32_t i) { rte_prefetch0(streams[i]); });
    bool sealed = false;
    each_hit(hits, [&](std::uint32_t i) {
        const auto& stream = *static_cast<const StreamContext*>(streams[i]);
        const RouteSlots& slots = *stream.sending.load(std::memory_order_acquire);
        rte_prefetch0(&slots.of(active_salt(stream)));
        rte_prefetch0(&counters_of(stream));
        sealed |= stream.cipher != Cipher::none;
    });
    if (sealed) {
        each_hit(hits, [&](std::uint32_t i) {
            const auto& stream = *static_cast<const StreamContext*>(streams[i]);
            const RouteSlots& slots = *stream.sending.load(std::memory_order_acquire);
            rte_prefetch0(slots.of(active_salt(stream)).seal);
        });
    }
}

void Worker::encapsulate_one(const Candidate& candidate, StreamContext& stream) {
    rte_mbuf* const packet = candidate.packet;
    if (stream.disabled.load(std::memory_order_relaxed)) [[unlikely]] {
        drop_of_stream(Side::internal, packet, stream, Reason::stream_disabled);
        return;
    }
    const Salt salt = active_salt(stream);
    const RouteSlot* const slot = stream.slot(salt);
    if (slot == nullptr) [[unlikely]] {
        drop_of_stream(Side::internal, packet, stream, Reason::route_not_ready);
        return;
    }
    const std::size_t length = candidate.frame.packet_length();
    const std::uint32_t allowed = host_mtu(stream.path_mtu.value(), stream.cipher);
    if (length > allowed) [[unlikely]] {
        count_of_stream(Side::internal, stream, Reason::packet_too_big);
        refuse(Side::internal, candidate, ErrorMessage::packet_too_big(allowed), stream_errors_,
               Reason::packet_too_big, Reason::packet_too_big_silent);
        return;
    }
    trim_link_padding(candidate);
    lower_mss_of(stream, candidate.frame.ipv6->next_header, transport_of(candidate));
    enter_tunnel(packet, candidate.frame,
                 {&stream, slot, salt, static_cast<std::uint32_t>(length), nullptr});
}

void Worker::enter_tunnel(rte_mbuf* packet, const FrameView& inner, const Sealing& sealing) {
    if (sealing.stream->cipher != Cipher::none) {
        add_to_seal(packet, inner, sealing);
    } else if (encapsulate(packet, inner, *sealing.stream, *sealing.slot,
                           forwarding_.port(Side::external).mac)) [[likely]] {
        send_tunnelled(packet, sealing);
    } else {
        drop_of_stream(Side::internal, packet, *sealing.stream, Reason::no_headroom);
    }
}

void Worker::add_to_seal(rte_mbuf* packet, const FrameView& inner, const Sealing& sealing) {
    auto& batch = batch_of(sealing_, sealing.stream->cipher);
    if (const auto reason = prepare_seal(packet, inner, *sealing.stream, *sealing.slot,
                                         sealing.salt, forwarding_.port(Side::external).mac,
                                         events_.numbers, batch.jobs[batch.count])) [[unlikely]] {
        drop_of_stream(Side::internal, packet, *sealing.stream, *reason);
        return;
    }
    batch.about[batch.count++] = sealing;
}

// The cipher's turn: one call for the whole burst.
void Worker::seal_all() {
    for (const Cipher cipher : ciphers) {
        auto& batch = batch_of(sealing_, cipher);
        if (batch.count == 0) {
            continue;
        }
        settings_.crypto->run(Operation::seal, cipher, batch.used());
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            const CryptoJob& job = batch.jobs[i];
            const Sealing& sealing = batch.about[i];
            if (job.failed) [[unlikely]] {
                drop_of_stream(Side::internal, job.packet, *sealing.stream, Reason::crypto_failed);
                continue;
            }
            finish_seal(job, *sealing.slot);
            send_tunnelled(job.packet, sealing);
        }
        batch.count = 0;
    }
}

void Worker::send_tunnelled(rte_mbuf* packet, const Sealing& sealing) {
    StreamCounters& counters = counters_of(*sealing.stream);
    if (sealing.control != nullptr && !sealing.control->key_option.empty()
        && !insert_key_option(packet, sealing.control->key_option)) [[unlikely]] {
        drop_of_stream(Side::internal, packet, *sealing.stream, Reason::no_headroom);
        return;
    }
    const std::uint32_t mtu = sealing.stream->path_mtu.value();
    const AdjacencyId next_hop = sealing.slot->adjacency.load(std::memory_order_acquire);
    const bool fits = packet->data_len - sizeof(EthernetHeader) <= mtu;
    const Refused refused = fits ? send_to_next_hop(Side::external, packet, next_hop)
                                 : send_in_fragments(packet, next_hop, mtu);
    if (refused) [[unlikely]] {
        count_of_stream(Side::internal, *sealing.stream, *refused);
    } else if (sealing.control != nullptr) [[unlikely]] {
        counters.control_packets_sent.add();
    } else {
        counters.encapsulated_packets.add();
        counters.encapsulated_bytes.add(sealing.length);
    }
}

// A packet that a host may always send (section 8.1).
Worker::Refused Worker::send_in_fragments(rte_mbuf* packet, AdjacencyId id, std::uint32_t mtu) {
    // Larger ones were told to be smaller, unless control lowered the MTU just now.
    if (!fits_two_fragments(packet->data_len - sizeof(EthernetHeader), mtu)) [[unlikely]] {
        drop(Side::internal, packet, Reason::packet_too_big_silent);
        return Reason::packet_too_big_silent;
    }
    rte_mbuf* const second = split(packet, mtu, identifications_.next(), forwarding_.pool);
    if (second == nullptr) [[unlikely]] {
        drop(Side::internal, packet, Reason::no_buffer);
        return Reason::no_buffer;
    }
    if (const Refused refused = send_to_next_hop(Side::external, packet, id)) {
        rte_pktmbuf_free(second); // the packet is counted once
        return refused;
    }
    counters_.originated.add();
    return send_to_next_hop(Side::external, second, id);
}

// One that waits counts as sent.
Worker::Refused Worker::send_to_next_hop(Side to, rte_mbuf* packet, AdjacencyId id, Sender sender) {
    Adjacency& adjacency = forwarding_.adjacency(to, id);
    const Adjacency::Value next_hop = adjacency.load();
    switch (next_hop.state()) {
    case AdjacencyState::unconfirmed:
        adjacency.mark_used();
        [[fallthrough]];
    case AdjacencyState::usable:
        serve_waiting(to); // those that came first go first
        set_ethernet_destination(packet, next_hop);
        transmit(to, packet);
        return {};
    case AdjacencyState::waiting:
        if (waiting_[index(to)].admit(packet, id, adjacency, sender)) {
            return {};
        }
        drop(other(to), packet, Reason::next_hop_unresolved);
        return Reason::next_hop_unresolved;
    case AdjacencyState::failed:
        break;
    }
    adjacency.mark_used(); // so that control asks again soon
    drop(other(to), packet, Reason::next_hop_unreachable);
    return Reason::next_hop_unreachable;
}

// A control packet of this gateway, as control wrote it: the inner packet with an Ethernet header.
void Worker::inject(rte_mbuf* packet) {
    const auto frame = parse_frame(bytes_of(packet));
    StreamContext* const stream = frame ? stream_of(*frame->ipv6) : nullptr;
    if (stream == nullptr) {
        drop(Side::internal, packet, Reason::unprotected);
        return;
    }
    const RouteSlots& slots = *stream->sending.load(std::memory_order_acquire);
    send_control_packet(packet, *frame, *stream, slots, {});
}

// One of key exchange: on the routes of the epoch that it names (section 9).
void Worker::inject_on_epoch(rte_mbuf* packet) {
    const auto exchange = parse_exchange_packet(bytes_of(packet));
    StreamContext* const stream = exchange ? stream_of(*exchange->frame.ipv6) : nullptr;
    if (stream == nullptr || exchange->key_option.size() > key_message::largest) {
        drop(Side::internal, packet, Reason::unprotected);
        return;
    }
    const RouteSlots* const slots = forwarding_.epochs[stream->id].find(exchange->epoch);
    if (slots == nullptr) {
        drop(Side::internal, packet, Reason::route_not_ready);
        return;
    }
    // What follows the inner packet is written over when it is sealed.
    std::array<std::uint8_t, key_message::largest> option{};
    const Bytes given = exchange->key_option;
    std::copy(given.begin(), given.end(), option.begin());
    rte_pktmbuf_trim(packet, static_cast<std::uint16_t>(sizeof(be32_t) + given.size()));
    send_control_packet(packet, exchange->frame, *stream, *slots,
                        {Bytes(option).first(given.size())});
}

void Worker::send_control_packet(rte_mbuf* packet, const FrameView& inner, StreamContext& stream,
                                 const RouteSlots& slots, const Control& control) {
    const Salt salt = active_salt(stream);
    const RouteSlot* const slot = StreamContext::template_of(slots, salt);
    if (slot == nullptr) {
        drop(Side::internal, packet, Reason::route_not_ready);
        return;
    }
    enter_tunnel(packet, inner, {&stream, slot, salt, 0, &control});
    seal_all();
}

} // namespace mt6d::dataplane
