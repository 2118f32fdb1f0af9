// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with the network's packets: out of the tunnel.
#include "dataplane/decap.hpp"
#include "dataplane/mss.hpp"
#include "dataplane/open.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/worker.hpp"

#include <rte_prefetch.h>

#include <algorithm>

namespace mt6d::dataplane {

void Worker::decapsulate_burst(const Burst& burst, std::span<void*> routes, std::uint64_t hits) {
    fetch_routes(routes, hits);
    for (std::uint32_t i = 0; i < burst.candidate_count; ++i) {
        const Candidate& candidate = burst.candidates[i];
        if (!hit(hits, i)) [[unlikely]] {
            handle_unmatched_outside(candidate);
            continue;
        }
        // The remote host's error about a tunnel packet has a tunnel packet's addresses.
        if (candidate.frame.ipv6->next_header == protocol::icmpv6 && handle_path_error(candidate))
            [[unlikely]] {
            continue;
        }
        const auto& route = *static_cast<const RouteContext*>(routes[i]);
        if (route.owner != settings_.index) [[unlikely]] {
            hand_over(Side::external, candidate.packet, route.owner);
        } else {
            decapsulate_one(candidate, route);
        }
    }
    open_all();
}

// As Worker::fetch_streams().
void Worker::fetch_routes(std::span<void* const> routes, std::uint64_t hits) const {
    const auto route_at = [&](std::uint32_t i) -> const RouteContext& {
        return *static_cast<const RouteContext*>(routes[i]);
    };
    each_hit(hits, [&](std::uint32_t i) { rte_prefetch0(routes[i]); });
    each_hit(hits, [&](std::uint32_t i) {
        const RouteContext& route = route_at(i);
        rte_prefetch0(route.stream);
        if (route.open != nullptr) {
            rte_prefetch0(route.open);
            rte_prefetch0(route.window);
        }
    });
    each_hit(hits, [&](std::uint32_t i) { rte_prefetch0(&counters_of(*route_at(i).stream)); });
}

void Worker::decapsulate_one(const Candidate& candidate, const RouteContext& route) {
    const StreamContext& stream = *route.stream;
    const Salt active = active_salt(stream);
    if (const auto reason = refuse_salt(route, active)) [[unlikely]] {
        drop_of_stream(Side::external, candidate.packet, stream, *reason);
        return;
    }
    if (candidate.frame.ipv6->next_header == protocol::fragment) [[unlikely]] {
        reassemble(candidate, route);
        return;
    }
    const auto tunnel = check_outer(candidate.packet, candidate.frame, route);
    if (!tunnel) [[unlikely]] {
        drop_of_stream(Side::external, candidate.packet, stream, tunnel.reason());
    } else if (stream.cipher != Cipher::none) {
        add_to_open(candidate, *tunnel, route, active);
    } else {
        leave_tunnel(candidate.packet,
                     {.route = &route,
                      .outer = candidate.frame,
                      .has_key_option = tunnel->options.key.has_value()},
                     tunnel->payload);
    }
}

// The last one of a packet makes it whole; it goes on as if it had come so.
void Worker::reassemble(const Candidate& candidate, const RouteContext& route) {
    const Reassembly::Outcome outcome =
        settings_.reassembly->add(candidate.packet, candidate.frame, route.stream->id, poll_time_);
    count_fragments(outcome, outcome.reason);
    if (outcome.whole == nullptr) {
        return;
    }
    const auto frame = parse_frame(bytes_of(outcome.whole));
    if (!frame || frame->ipv6->next_header == protocol::fragment) {
        // Not twice; and what was put together by the rules above is a frame.
        drop_of_stream(Side::external, outcome.whole, *route.stream, Reason::fragment_malformed);
        return;
    }
    decapsulate_one({outcome.whole, *frame}, route);
}

void Worker::count_fragments(const Reassembly::Outcome& outcome, Reason reason) {
    counters_.ports[index(Side::external)]
        .reasons[static_cast<std::size_t>(Reason::fragment_joined)]
        .add(outcome.joined);
    for (rte_mbuf* const packet : outcome.refused) {
        drop(Side::external, packet, reason);
    }
}

void Worker::give_up_fragments(std::uint64_t now) {
    Reassembly::Outcome outcome;
    do {
        outcome = settings_.reassembly->expire(now);
        count_fragments(outcome, outcome.reason);
    } while (!outcome.refused.empty());
}

void Worker::add_to_open(const Candidate& candidate, const TunnelView& tunnel,
                         const RouteContext& route, Salt active) {
    auto& batch = batch_of(opening_, route.stream->cipher);
    if (const auto reason = prepare_open(candidate.packet, candidate.frame, tunnel, route, active,
                                         batch.jobs[batch.count], batch.about[batch.count]))
        [[unlikely]] {
        drop_of_stream(Side::external, candidate.packet, *route.stream, *reason);
        return;
    }
    ++batch.count;
}

// The cipher's turn: one call for the whole burst.
void Worker::open_all() {
    for (const Cipher cipher : ciphers) {
        auto& batch = batch_of(opening_, cipher);
        if (batch.count == 0) {
            continue;
        }
        settings_.crypto->run(Operation::open, cipher, batch.used());
        for (std::uint32_t i = 0; i < batch.count; ++i) {
            const CryptoJob& job = batch.jobs[i];
            const Opening& opening = batch.about[i];
            const auto clear = finish_open(job, opening);
            if (!clear) [[unlikely]] {
                drop_of_stream(Side::external, job.packet, *opening.route->stream, clear.reason());
                continue;
            }
            if (cipher == Cipher::aes_256_gcm) {
                note_salt(*opening.route, poll_time_,
                          forwarding_.peer_clocks[opening.route->stream->id]);
            }
            leave_tunnel(job.packet, opening, *clear);
        }
        batch.count = 0;
    }
}

void Worker::leave_tunnel(rte_mbuf* packet, const Opening& opening, Bytes clear) {
    const StreamContext& stream = *opening.route->stream;
    StreamCounters& counters = counters_of(stream);
    const auto opened = check_inner(clear, opening.outer, opening.has_key_option);
    if (!opened) [[unlikely]] {
        const bool control = text(opened.reason()).kind == ReasonKind::consumed;
        if (!control) {
            drop_of_stream(Side::external, packet, stream, opened.reason());
            return;
        }
        counters.control_packets_heard.add();
        drop(Side::external, packet, hear_control_packet(opening, opened.reason()));
        return;
    }
    if (OpenState* const state = opening.route->open) {
        if (state->for_exchange_alone.load(std::memory_order_relaxed)) [[unlikely]] {
            drop_of_stream(Side::external, packet, stream, Reason::epoch_ended);
            return;
        }
        state->heard.add();
    }
    if (stream.disabled.load(std::memory_order_relaxed)) [[unlikely]] {
        drop_of_stream(Side::external, packet, stream, Reason::stream_disabled);
        return;
    }
    const std::size_t length = sizeof(Ipv6Header) + opened->payload.size();
    if (length > forwarding_.port(Side::internal).mtu) [[unlikely]] {
        drop_of_stream(Side::external, packet, stream, Reason::inner_too_big);
        return;
    }
    const auto payload_at = opened->payload.data() - rte_pktmbuf_mtod(packet, const std::uint8_t*);
    lower_mss_of(
        stream, opened->clear->next_header,
        {rte_pktmbuf_mtod_offset(packet, std::uint8_t*, payload_at), opened->payload.size()});
    decapsulate(packet, *opened, *opening.route, forwarding_.port(Side::internal).mac);
    counters.decapsulated_packets.add();
    counters.decapsulated_bytes.add(length);
    transmit(Side::internal, packet);
}

// What becomes of it: `kind`, unless control does not hear of it.
Reason Worker::hear_control_packet(const Opening& opening, Reason kind) {
    const RouteContext& route = *opening.route;
    if (kind != Reason::key_message) {
        if (route.open != nullptr) {
            route.open->heard.add(); // a sign of life, which a message that is refused is not
        }
        return kind;
    }
    if (!route.exchanges_keys) {
        return Reason::key_unwanted;
    }
    // The outer headers are as they came; they were parsed before.
    const auto tunnel = parse_tunnel(opening.outer.ipv6->next_header, opening.outer.payload());
    const Bytes message = tunnel ? tunnel->options.key.value_or(Bytes{}) : Bytes{};
    KeyEvent event{route.stream->id, route.open->epoch, 0, {}};
    if (message.size() > event.message.size()) {
        return Reason::key_malformed;
    }
    if (!forwarding_.epochs[event.stream].heard.allow()) {
        return Reason::key_too_many;
    }
    event.length = static_cast<std::uint8_t>(message.size());
    std::copy(message.begin(), message.end(), event.message.begin());
    KeyQueue& queue = route.stream->cipher == Cipher::aes_256_gcm ? events_.keys.authenticated
                                                                  : events_.keys.others;
    return queue.push(event) ? kind : Reason::event_queue_full;
}

} // namespace mt6d::dataplane
