// SPDX-License-Identifier: BSD-3-Clause
// Whose a packet is, while a service thread wants to see packets (dataplane/inspection.hpp).
#include "dataplane/packet.hpp"
#include "dataplane/worker.hpp"

namespace mt6d::dataplane {
namespace {

// Null: it is no ICMPv6 error, or not one that quotes a packet.
const Ipv6Header* quoted_by(const FrameView& frame) {
    const auto message = find_error(frame);
    if (!message) {
        return nullptr;
    }
    const auto error = parse_error(*message);
    return error ? error->quoted : nullptr;
}

} // namespace

Worker::Identity Worker::identify_arrival(Side side, const rte_mbuf* packet) const {
    const auto frame = parse_frame(bytes_of(packet));
    if (!frame) {
        return {};
    }
    if (side == Side::internal) {
        StreamContext* const stream = stream_of(*frame->ipv6);
        return {.frame = *frame,
                .stream = stream,
                .slot = stream == nullptr ? nullptr : stream->slot(active_salt(*stream))};
    }
    const Ipv6Header* quoted = nullptr;
    const RouteContext* route =
        route_by(AddressPair{frame->ipv6->source, frame->ipv6->destination});
    if (route == nullptr) {
        quoted = quoted_by(*frame);
        route = quoted == nullptr ? nullptr : route_by(turned(*quoted));
    }
    if (route == nullptr) {
        return {.frame = *frame};
    }
    return {.frame = *frame, .stream = route->stream, .route = route, .quoted = quoted};
}

// A packet leaves with the addresses by which its answer comes, the other way round; an error that
// a host is told quotes what the host sent.
Worker::Identity Worker::identify_departure(Side side, const rte_mbuf* packet) const {
    const auto frame = parse_frame(bytes_of(packet));
    if (!frame) {
        return {};
    }
    const AddressPair answer = turned(*frame->ipv6);
    if (side == Side::external) {
        const RouteContext* const route = route_by(answer);
        return {
            .frame = *frame, .stream = route == nullptr ? nullptr : route->stream, .route = route};
    }
    auto* stream = static_cast<StreamContext*>(forwarding_.true_pairs->find(&answer));
    const Ipv6Header* const quoted = stream == nullptr ? quoted_by(*frame) : nullptr;
    if (quoted != nullptr) {
        stream = stream_of(*quoted);
    }
    return {.frame = *frame, .stream = stream, .quoted = quoted};
}

} // namespace mt6d::dataplane
