// SPDX-License-Identifier: BSD-3-Clause
// The parser of listener queries (RFC 3810, 5.1, 6.2, 8.1; RFC 2710, 3): a table of what is taken
// and what is not.
#include <mt6d/mld.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mt6d {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr Ipv6Address querier{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}};
constexpr Ipv6Address group{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 1, 2, 3}};

struct Query {
    Ipv6Header ipv6{
        Ipv6Header::first_word(0, 0), be16_t(0), protocol::hop_by_hop, 1, querier, all_nodes};
    Octets options{58, 0, 5, 2, 0, 0, 1, 0}; // router alert
    Octets icmp{130, 0, 0xab, 0xcd, 0, 100, 0, 0};

    Query& about(const Ipv6Address& address) {
        icmp.insert(icmp.end(), address.bytes.begin(), address.bytes.end());
        return *this;
    }
    Query& tail(std::uint8_t flags, std::uint8_t interval, std::uint16_t sources) {
        const auto high = static_cast<std::uint8_t>(sources >> 8U);
        const auto low = static_cast<std::uint8_t>(sources);
        icmp.insert(icmp.end(), {flags, interval, high, low});
        return *this;
    }
    [[nodiscard]] std::optional<MldQuery> parse() const {
        Octets payload = options;
        payload.insert(payload.end(), icmp.begin(), icmp.end());
        return parse_mld_query(ipv6, payload, options.size());
    }
};

Query version_1(const Ipv6Address& address = {}) {
    return Query().about(address);
}
Query version_2(const Ipv6Address& address = {}, std::uint16_t sources = 0) {
    Query query = Query().about(address).tail(0x0b, 125, sources);
    for (std::uint16_t i = 0; i < sources; ++i) {
        query.about(Ipv6Address{{0x20, 1, 0xd, 0xb8, static_cast<std::uint8_t>(i)}});
    }
    return query;
}

TEST(MldQueryParser, takes_queries_of_version_1) {
    const auto general = version_1().parse();
    ASSERT_TRUE(general);
    EXPECT_EQ(general->version, 1);
    EXPECT_TRUE(general->is_general());
    EXPECT_EQ(general->max_response_ms, 100U);
    EXPECT_EQ(general->robustness, 0);
    EXPECT_EQ(version_1(group).parse()->group, group);

    Query longest = version_1();
    longest.icmp[4] = longest.icmp[5] = 0xff;
    EXPECT_EQ(longest.parse()->max_response_ms, 65535U) << "no exponent in version 1";
}

TEST(MldQueryParser, takes_queries_of_version_2) {
    const auto general = version_2().parse();
    ASSERT_TRUE(general);
    EXPECT_EQ(general->version, 2);
    EXPECT_EQ(general->robustness, 3);
    EXPECT_EQ(general->interval_s, 125U);
    EXPECT_TRUE(general->is_general());

    const auto sources = version_2(group, 2).parse();
    ASSERT_TRUE(sources);
    EXPECT_EQ(sources->group, group);
    ASSERT_EQ(sources->asked_sources().size(), 2U);
    EXPECT_EQ(sources->sources[1].bytes[4], 1);
}

TEST(MldQueryParser, takes_more_sources_than_it_keeps_as_the_whole_group) {
    EXPECT_EQ(version_2(group, MldQuery::most_sources).parse()->source_count, 8);
    EXPECT_EQ(version_2(group, MldQuery::most_sources + 1).parse()->source_count, 0);
    EXPECT_EQ(version_2(group, 89).parse()->source_count, 0);
}

TEST(MldQueryParser, reads_long_delays_and_intervals_with_their_exponents) {
    EXPECT_EQ(response_ms(0x7fff), 32767U);
    EXPECT_EQ(response_ms(0x8000), 32768U);
    EXPECT_EQ(response_ms(0x8001), 32776U);
    EXPECT_EQ(response_ms(0x9000), 65536U);
    EXPECT_EQ(response_ms(0xffff), 8'387'584U);
    EXPECT_EQ(interval_seconds(0x7f), 127U);
    EXPECT_EQ(interval_seconds(0x80), 128U);
    EXPECT_EQ(interval_seconds(0xff), 31744U);
    Query query = version_2();
    query.icmp[4] = 0x90;
    query.icmp[5] = 0;
    EXPECT_EQ(query.parse()->max_response_ms, 65536U);
}

TEST(MldQueryParser, ignores_what_follows_the_sources_and_reserved_bits) {
    Query query = version_2(group, 1);
    query.icmp.insert(query.icmp.end(), 5, 0xee);
    query.icmp[24] |= 0xf0;
    query.icmp[6] = 0x55;
    ASSERT_TRUE(query.parse());
    EXPECT_EQ(query.parse()->source_count, 1);
    EXPECT_EQ(query.parse()->robustness, 3);
}

TEST(MldQueryParser, finds_the_router_alert_among_other_options) {
    for (const Octets& options :
         std::vector<Octets>{{58, 0, 0, 0, 5, 2, 0, 0},
                             {58, 0, 1, 0, 5, 2, 0, 0},
                             {58, 1, 1, 6, 0, 0, 0, 0, 0, 0, 5, 2, 0, 0, 1, 0}}) {
        Query query = version_2();
        query.options = options;
        EXPECT_TRUE(query.parse());
    }
}

struct Refused {
    const char* why;
    void (*change)(Query&);
};
const Refused refused[] = {
    {"source is not link-local",
     [](Query& q) { q.ipv6.source = *Ipv6Address::parse("2001:db8::1"); }},
    {"source is unspecified", [](Query& q) { q.ipv6.source = {}; }},
    {"hop limit is not 1", [](Query& q) { q.ipv6.hop_limit = 2; }},
    {"no hop-by-hop header", [](Query& q) { q.ipv6.next_header = protocol::icmpv6; }},
    {"alert for another protocol", [](Query& q) { q.options[5] = 1; }},
    {"no alert", [](Query& q) { q.options = {58, 0, 1, 4, 0, 0, 0, 0}; }},
    {"alert of another length", [](Query& q) { q.options = {58, 0, 5, 3, 0, 0, 0, 0}; }},
    {"option cut off", [](Query& q) { q.options = {58, 0, 1, 7, 0, 0, 5, 2}; }},
    {"alert cut off", [](Query& q) { q.options = {58, 0, 1, 2, 0, 0, 5, 2}; }},
    {"no query", [](Query& q) { q.icmp[0] = 131; }},
    {"code", [](Query& q) { q.icmp[1] = 1; }},
    {"group is unicast", [](Query& q) { q.icmp[8] = 0x20; }},
};

TEST(MldQueryParser, refuses_what_breaks_the_rules) {
    for (const Refused& row : refused) {
        for (Query query : {version_1(group), version_2(group)}) {
            ASSERT_TRUE(query.parse());
            row.change(query);
            EXPECT_FALSE(query.parse()) << row.why;
        }
    }
}

TEST(MldQueryParser, refuses_every_length_but_24_and_28_or_more) {
    const Octets whole = version_2(group, 1).icmp;
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        Query query;
        query.icmp.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        EXPECT_EQ(query.parse().has_value(), length == 24 || length == whole.size()) << length;
    }
}

TEST(MldQueryParser, refuses_more_sources_than_there_are_and_sources_of_no_group) {
    EXPECT_FALSE(Query().about(group).tail(2, 125, 1).parse());
    EXPECT_FALSE(Query().about(group).tail(2, 125, 0xffff).parse());
    EXPECT_FALSE(version_2({}, 1).parse());
}

} // namespace
} // namespace mt6d
