// SPDX-License-Identifier: BSD-3-Clause
// Of rte_ip_frag, this release still calls rte_ip_frag_table_del_expired_entries() experimental.
#define ALLOW_EXPERIMENTAL_API

#include "dataplane/reassembly.hpp"

#include "dataplane/packet.hpp"

#include <mt6d/parse_fragment.hpp>

#include <algorithm>

namespace mt6d::dataplane {
namespace {

// With twice the places that are ever used, a full bucket is rare.
constexpr std::uint32_t bucket_entries = 16;
constexpr std::uint32_t buckets = 2 * Reassembly::capacity / bucket_entries;

constexpr std::size_t headers = sizeof(EthernetHeader) + sizeof(Ipv6Header);

// What is noted in a fragment while it waits.
void note(rte_mbuf* packet, std::uint8_t congestion, std::uint32_t stream) {
    packet->hash.fdir.lo = congestion;
    packet->hash.fdir.hi = stream;
}
std::uint8_t congestion_of(const rte_mbuf* packet) {
    return static_cast<std::uint8_t>(packet->hash.fdir.lo);
}
std::uint32_t stream_of(const rte_mbuf* packet) {
    return packet->hash.fdir.hi;
}

// Takes the fragment header of an atomic fragment away (RFC 6946).
void unwrap(rte_mbuf* packet, std::uint8_t next_header, std::size_t length) {
    auto* const at = rte_pktmbuf_mtod(packet, std::uint8_t*);
    put(at + sizeof(EthernetHeader) + offsetof(Ipv6Header, payload_length),
        be16_t(static_cast<std::uint16_t>(length)));
    put(at + sizeof(EthernetHeader) + offsetof(Ipv6Header, next_header), next_header);
    std::memmove(at + sizeof(FragmentHeader), at, headers);
    rte_pktmbuf_adj(packet, sizeof(FragmentHeader));
}

} // namespace

std::unique_ptr<Reassembly> Reassembly::create(std::uint64_t cycles_per_second, int socket) {
    std::unique_ptr<Reassembly> made(new Reassembly);
    made->table_.reset(rte_ip_frag_table_create(buckets, bucket_entries, capacity,
                                                patience_seconds * cycles_per_second, socket));
    return made->table_ == nullptr ? nullptr : std::move(made);
}

Reassembly::~Reassembly() = default;

Reassembly::Outcome Reassembly::add(rte_mbuf* packet, const FrameView& frame, std::uint32_t stream,
                                    std::uint64_t now) {
    const auto fragment = parse_fragment(frame.payload());
    if (!fragment) {
        return refuse(packet, fragment.reason());
    }
    if (sizeof(Ipv6Header) + fragment->end() > largest_packet) {
        return refuse(packet, Reason::fragment_too_long);
    }
    // What the port says of a checksum is not said of the whole packet's.
    packet->ol_flags &= ~std::uint64_t{RTE_MBUF_F_RX_L4_CKSUM_MASK};
    if (fragment->is_atomic()) {
        unwrap(packet, fragment->header->next_header, fragment->part.size());
        return {.whole = packet};
    }
    if (!hold(stream)) {
        return refuse(packet, Reason::fragment_limit);
    }
    note(packet, frame.ipv6->traffic_class() & ecn::mask, stream);
    packet->l2_len = sizeof(EthernetHeader);
    packet->l3_len = sizeof(Ipv6Header) + sizeof(FragmentHeader);
    rte_mbuf* const chain = rte_ipv6_frag_reassemble_packet(
        table_.get(), &dead_, packet, now,
        rte_pktmbuf_mtod_offset(packet, rte_ipv6_hdr*, sizeof(EthernetHeader)),
        rte_pktmbuf_mtod_offset(packet, rte_ipv6_fragment_ext*, headers));
    if (chain != nullptr) {
        return complete(chain);
    }
    // The table gives up a packet's fragments with the one that does not fit them, and it gives up
    // that one alone where it has no place for it.
    const Reason reason = dead_.cnt > 1 ? Reason::fragment_conflict : Reason::fragment_limit;
    return {.refused = take_dead(), .reason = reason};
}

Reassembly::Outcome Reassembly::expire(std::uint64_t now) {
    rte_ip_frag_table_del_expired_entries(table_.get(), &dead_, now);
    return {.refused = take_dead(), .reason = Reason::fragment_timeout};
}

Reassembly::Outcome Reassembly::refuse(rte_mbuf* packet, Reason reason) {
    refused_ = packet;
    return {.refused = {&refused_, 1}, .reason = reason};
}

// One packet of several buffers becomes one of one, and what any of them says of congestion is what
// the whole says (RFC 3168, 5.3).
Reassembly::Outcome Reassembly::complete(rte_mbuf* chain) {
    bool marked = false;
    bool incapable = false;
    const auto joined = static_cast<std::uint32_t>(chain->nb_segs - 1);
    for (const rte_mbuf* part = chain; part != nullptr; part = part->next) {
        marked |= congestion_of(part) == ecn::congestion;
        incapable |= congestion_of(part) == ecn::not_capable;
        release(stream_of(part));
    }
    Outcome outcome;
    if (marked && incapable) {
        outcome = refuse(chain, Reason::congestion_marked);
    } else if (rte_pktmbuf_linearize(chain) != 0) {
        outcome = refuse(chain, Reason::no_tailroom);
    } else {
        auto* const at = rte_pktmbuf_mtod_offset(chain, std::uint8_t*, sizeof(EthernetHeader));
        const std::uint32_t word = view_at<Ipv6Header>(at)->class_and_label.value();
        put(at, be32_t(word | (marked ? std::uint32_t{ecn::congestion} << 20U : 0)));
        chain->tx_offload = 0;
        outcome.whole = chain;
    }
    outcome.joined = joined;
    return outcome;
}

std::span<rte_mbuf* const> Reassembly::take_dead() {
    const std::span<rte_mbuf* const> dead(dead_.row, dead_.cnt);
    dead_.cnt = 0;
    for (const rte_mbuf* const packet : dead) {
        release(stream_of(packet));
    }
    return dead;
}

bool Reassembly::hold(std::uint32_t stream) {
    auto* const end = shares_.begin() + share_count_;
    auto* const share = std::find_if(shares_.begin(), end,
                                     [&](const Share& other) { return other.stream == stream; });
    if (held_ == capacity || (share != end && share->held == capacity_of_stream)) {
        return false;
    }
    if (share == end) {
        *share = {stream, 0}; // there are no more shares than fragments
        ++share_count_;
    }
    ++share->held;
    ++held_;
    return true;
}

void Reassembly::release(std::uint32_t stream) {
    auto* const share = std::find_if(shares_.begin(), shares_.begin() + share_count_,
                                     [&](const Share& other) { return other.stream == stream; });
    --held_;
    if (--share->held == 0) {
        *share = shares_[--share_count_];
    }
}

} // namespace mt6d::dataplane
