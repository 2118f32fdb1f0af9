// SPDX-License-Identifier: BSD-3-Clause
// Multicast listener discovery as it lies on the wire: version 1 (RFC 2710) and 2 (RFC 3810), and
// the parser of queries.
#pragma once

#include <mt6d/parse.hpp>
#include <mt6d/wire.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace mt6d {

namespace icmpv6_type {
inline constexpr std::uint8_t listener_query = 130;
inline constexpr std::uint8_t listener_report_v1 = 131;
inline constexpr std::uint8_t listener_done_v1 = 132;
inline constexpr std::uint8_t listener_report_v2 = 143;
} // namespace icmpv6_type

constexpr bool is_listener_type(std::uint8_t type) {
    return (type >= icmpv6_type::listener_query && type <= icmpv6_type::listener_done_v1)
           || type == icmpv6_type::listener_report_v2;
}

inline constexpr std::uint8_t mld_hop_limit = 1;

// Hop-by-hop options that hold a router alert alone (RFC 2711): every MLD message begins so.
struct RouterAlertHeader {
    std::uint8_t next_header = protocol::icmpv6;
    std::uint8_t length = 0; // 8 bytes
    std::uint8_t option_type = 5;
    std::uint8_t option_length = 2;
    be16_t value{0}; // MLD
    std::uint8_t pad_type = 1;
    std::uint8_t pad_length = 0;
};
static_assert(sizeof(RouterAlertHeader) == 8 && alignof(RouterAlertHeader) == 1);

// All of a version 1 message; a version 2 query begins like it.
struct MldMessageV1 {
    Icmpv6Header icmp;
    be16_t max_response; // milliseconds in version 1; see response_ms() for version 2
    be16_t reserved;
    Ipv6Address group;
};
static_assert(sizeof(MldMessageV1) == 24 && alignof(MldMessageV1) == 1);

// What follows in a version 2 query, before the sources.
struct MldQueryTail {
    std::uint8_t flags; // reserved 4 bits, S 1, robustness 3
    std::uint8_t interval_code;
    be16_t sources;
};
static_assert(sizeof(MldQueryTail) == 4);

struct MldReportHeader {
    Icmpv6Header icmp;
    be16_t reserved;
    be16_t records;
};
static_assert(sizeof(MldReportHeader) == 8);

enum class MldRecordType : std::uint8_t {
    is_include = 1,
    is_exclude = 2,
    to_include = 3,
    to_exclude = 4,
};

// Sources follow.
struct MldRecordHeader {
    MldRecordType type;
    std::uint8_t auxiliary; // words of data behind the sources: none
    be16_t sources;
    Ipv6Address group;
};
static_assert(sizeof(MldRecordHeader) == 20 && alignof(MldRecordHeader) == 1);

// Whether listening to this group is ever reported: not for all nodes, nor within an interface or
// a reserved scope (RFC 3810, 6).
constexpr bool is_reported_group(const Ipv6Address& group) {
    const unsigned scope = group.bytes[1] & 0xfU;
    return group.is_multicast() && scope > 1 && group != all_nodes;
}

// Maximum response delay of a version 2 query, milliseconds (RFC 3810, 5.1.3).
constexpr std::uint32_t response_ms(std::uint16_t code) {
    const unsigned exponent = code >> 12U & 7U;
    return code < 0x8000 ? code : ((code & 0xfffU) | 0x1000U) << (exponent + 3);
}

// Querier's query interval, seconds (RFC 3810, 5.1.9).
constexpr std::uint32_t interval_seconds(std::uint8_t code) {
    const unsigned exponent = code >> 4U & 7U;
    return code < 0x80 ? code : ((code & 0xfU) | 0x10U) << (exponent + 3);
}

// A query, as a value that can cross threads.
struct MldQuery {
    static constexpr std::size_t most_sources = 8;

    std::uint8_t version;      // 1 or 2
    std::uint8_t robustness;   // 0: not said
    std::uint8_t source_count; // of `sources`
    std::uint32_t max_response_ms;
    std::uint32_t interval_s; // 0: not said
    Ipv6Address group;        // unspecified: a general query
    // None: about the group as a whole. A query with more sources than fit counts as such, for the
    // answer to that says all that its answer would.
    std::array<Ipv6Address, most_sources> sources;

    [[nodiscard]] constexpr bool is_general() const { return group.is_unspecified(); }
    [[nodiscard]] constexpr std::span<const Ipv6Address> asked_sources() const {
        return {sources.data(), source_count};
        static_assert(std::is_trivially_copyable_v<MldQuery>);
    }
};

// Whether hop-by-hop options, which lie at the front of `payload`, hold a router alert for MLD.
inline bool has_mld_router_alert(Bytes payload) {
    const auto* header = view_of<ExtensionHeader>(payload);
    const std::size_t length = header == nullptr ? 0 : 8 * (std::size_t{header->length} + 1);
    if (header == nullptr || length > payload.size()) {
        return false;
    }
    constexpr RouterAlertHeader wanted;
    std::size_t at = sizeof(ExtensionHeader);
    while (at < length) {
        if (payload[at] == tunnel_option::pad1) {
            ++at;
            continue;
        }
        if (at + 2 > length || at + 2 + payload[at + 1] > length) {
            return false;
        }
        if (payload[at] == wanted.option_type && payload[at + 1] == wanted.option_length) {
            return *view_at<be16_t>(&payload[at + 2]) == wanted.value;
        }
        at += 2 + std::size_t{payload[at + 1]};
    }
    return false;
}

// The part that only version 2 has. `icmp`: at least 28 bytes.
inline bool read_query_tail(Bytes icmp, MldQuery& query) {
    const auto& tail = *view_at<MldQueryTail>(&icmp[sizeof(MldMessageV1)]);
    const Bytes sources = icmp.subspan(sizeof(MldMessageV1) + sizeof(MldQueryTail));
    const std::size_t count = tail.sources.value();
    if (count * sizeof(Ipv6Address) > sources.size() || (query.is_general() && count > 0)) {
        return false;
    }
    query.version = 2;
    query.robustness = tail.flags & 7U;
    query.interval_s = interval_seconds(tail.interval_code);
    if (count <= MldQuery::most_sources) {
        query.source_count = static_cast<std::uint8_t>(count);
        for (std::size_t i = 0; i < count; ++i) {
            query.sources[i] = *view_at<Ipv6Address>(&sources[i * sizeof(Ipv6Address)]);
        }
    }
    return true;
}

// A valid listener query (RFC 3810, 5.1, 6.2 and 8.1; RFC 2710, 4): its source is link-local, its
// hop limit 1, there is a router alert, the length is one of the two versions'. The checksum is
// not looked at. `payload`: what follows the IPv6 header; `offset`: of the ICMPv6 header in it.
inline std::optional<MldQuery> parse_mld_query(const Ipv6Header& ipv6, Bytes payload,
                                               std::size_t offset) {
    if (!ipv6.source.is_link_local() || ipv6.hop_limit != mld_hop_limit
        || ipv6.next_header != protocol::hop_by_hop || !has_mld_router_alert(payload)
        || offset > payload.size()) {
        return std::nullopt;
    }
    const Bytes icmp = payload.subspan(offset);
    const auto* message = view_of<MldMessageV1>(icmp);
    if (message == nullptr || message->icmp.type != icmpv6_type::listener_query
        || message->icmp.code != 0
        || (!message->group.is_unspecified() && !message->group.is_multicast())) {
        return std::nullopt;
    }
    MldQuery query{.version = 1,
                   .robustness = 0,
                   .source_count = 0,
                   .max_response_ms = message->max_response.value(),
                   .interval_s = 0,
                   .group = message->group,
                   .sources = {}};
    if (icmp.size() == sizeof(MldMessageV1)) {
        return query;
    }
    if (icmp.size() < sizeof(MldMessageV1) + sizeof(MldQueryTail)
        || !read_query_tail(icmp, query)) {
        return std::nullopt;
    }
    query.max_response_ms = response_ms(message->max_response.value());
    return query;
}

} // namespace mt6d
