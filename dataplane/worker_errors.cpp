// SPDX-License-Identifier: BSD-3-Clause
// What a worker does with ICMPv6 errors: translates those from the path, makes those for hosts
// (docs/protocol.md, section 8).
#include "dataplane/checksum.hpp"
#include "dataplane/decap.hpp"
#include "dataplane/icmp_error.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/translate_error.hpp"
#include "dataplane/worker.hpp"

#include <rte_cycles.h>

namespace mt6d::dataplane {
// False: it is no ICMPv6 error, or is about a host's unprotected traffic; nothing was done. An
// error to a hashed address is never that: nothing hashed is seen inside.
bool Worker::handle_path_error(const Candidate& candidate) {
    const auto message = find_error(candidate.frame);
    if (!message) [[likely]] {
        return false;
    }
    const auto error = parse_error(*message);
    const RouteContext* const route = error ? route_by(turned(*error->quoted)) : nullptr;
    if (route == nullptr) {
        if (!forwarding_.is_own_outside(candidate.frame.ipv6->destination)) {
            return false;
        }
        drop(Side::external, candidate.packet, error ? Reason::error_not_ours : error.reason());
    } else if (route->owner != settings_.index) {
        hand_over(Side::external, candidate.packet, route->owner);
    } else {
        translate_error(candidate, *error, *route);
    }
    return true;
}

void Worker::translate_error(const Candidate& candidate, const ErrorView& error,
                             const RouteContext& route) {
    StreamContext& stream = *route.stream;
    const auto source = translated_source(candidate.frame, error, route);
    const auto quote =
        source ? check_error(candidate, error, route) : Parsed<QuoteView>(source.reason());
    if (!quote) {
        drop(Side::external, candidate.packet, quote.reason());
        return;
    }
    const bool too_big = error.error->icmp.type == icmpv6_type::packet_too_big;
    if (too_big) {
        stream.path_mtu.lower(error.error->parameter.value());
    }
    const std::uint32_t mtu = host_mtu(stream.path_mtu.value(), stream.cipher);
    const HostError told = translate(error, *quote, stream.cipher, mtu, *source);
    const auto inner = open_quote(candidate.packet, *quote, route, settings_.crypto);
    Reason reason = Reason::error_translated;
    if (!inner) {
        reason = inner.reason();
    } else if (is_control_packet(inner->header)) {
        reason = Reason::error_about_control;
    } else if (is_error(inner->header.next_header, inner->payload)) {
        reason = Reason::error_about_error;
    } else if (too_big && inner->packet_length() <= mtu) {
        reason = Reason::error_learned;
    }
    if (reason != Reason::error_translated) {
        drop(Side::external, candidate.packet, reason);
        return;
    }
    write_error(candidate.packet, candidate.frame, told, *inner, route,
                forwarding_.port(Side::internal).mac);
    counters_.originated.add();
    count(Side::external, reason);
    transmit(Side::internal, candidate.packet);
}

// All that has to hold before anything is believed.
Parsed<QuoteView> Worker::check_error(const Candidate& candidate, const ErrorView& error,
                                      const RouteContext& route) const {
    if (refuse_salt(route, active_salt(*route.stream))) {
        return Reason::error_stale;
    }
    if (error.error->icmp.type < icmpv6_type::destination_unreachable
        || error.error->icmp.type > icmpv6_type::parameter_problem) {
        return Reason::error_not_ours;
    }
    if (!checksum_right(*candidate.frame.ipv6, protocol::icmpv6, error.message)) {
        return Reason::error_checksum;
    }
    return check_quote(error, route);
}

// The source that the host sees: true where the other was hashed. An error goes to who sent the
// packet, and comes from one station that is not this one.
Parsed<Ipv6Address> Worker::translated_source(const FrameView& frame, const ErrorView& error,
                                              const RouteContext& route) const {
    const Ipv6Address& source = frame.ipv6->source;
    const StreamContext& stream = *route.stream;
    if (frame.ipv6->destination != error.quoted->source || source.is_multicast()
        || source.is_unspecified()) {
        return Reason::error_malformed;
    }
    if (source == error.quoted->destination) {
        return stream.remote;
    }
    if (source == error.quoted->source) {
        return stream.local;
    }
    if (forwarding_.target(Side::external, source) != nullptr
        || forwarding_.is_own_outside(source)) {
        return Reason::error_malformed;
    }
    // Of any route, another stream's too: all are known as such.
    return forwarding_.is_remote_hashed(source) ? stream.remote : source;
}

void Worker::refuse(Side from, const Candidate& candidate, const ErrorMessage& message,
                    RateLimit& limit, Reason told, Reason silent) {
    if (may_answer_with_error(candidate.frame) && limit.allow(rte_rdtsc())) {
        if (rte_mbuf* const answer = make_error(forwarding_.pool, candidate.frame, message,
                                                forwarding_.port(from).mac)) {
            counters_.originated.add();
            transmit(from, answer);
            drop(from, candidate.packet, told);
            return;
        }
    }
    drop(from, candidate.packet, silent);
}

} // namespace mt6d::dataplane
