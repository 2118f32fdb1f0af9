// SPDX-License-Identifier: BSD-3-Clause
// The parsers of router solicitations and advertisements (RFC 4861, 4.1, 4.2, 4.6, 6.1; RFC 4191).
#include <mt6d/router_discovery.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace mt6d {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr Ipv6Address router{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

struct Message {
    Ipv6Header ipv6{
        Ipv6Header::first_word(0, 0), be16_t(0), protocol::icmpv6, 255, router, all_nodes};
    Octets icmp{134, 0, 0xab, 0xcd, 64, 0, 0x07, 0x08, 0, 0, 0x75, 0x30, 0, 0, 0x03, 0xe8};

    Message& option(const Octets& bytes) {
        icmp.insert(icmp.end(), bytes.begin(), bytes.end());
        return *this;
    }
    [[nodiscard]] Parsed<RouterInformation> parse() const {
        return parse_router_advertisement(ipv6, icmp);
    }
};

Octets prefix_option(std::uint8_t number, std::uint8_t length = 64, std::uint8_t flags = 0xc0,
                     std::uint8_t first = 0x20) {
    Octets option{3, 4, length, flags, 0, 0, 0x0e,  0x10, 0,   0,
                  0, 5, 0,      0,     0, 0, first, 1,    0xd, 0xb8};
    option.resize(32);
    option[16 + 7] = number;
    option[31] = 0x77; // beyond the prefix
    return option;
}
const Octets link_layer{1, 1, 2, 0, 0, 0, 0, 9};
const Octets mtu_1480{5, 1, 0, 0, 0, 0, 0x05, 0xc8};

TEST(RouterAdvertisementParser, takes_what_a_router_says) {
    const auto said =
        Message().option(link_layer).option(mtu_1480).option(prefix_option(7)).parse();
    ASSERT_TRUE(said);
    EXPECT_EQ(said->router, router);
    EXPECT_EQ(said->lifetime_s, 1800);
    EXPECT_EQ(said->reachable_ms, 30'000U);
    EXPECT_EQ(said->retransmit_ms, 1000U);
    EXPECT_TRUE(said->has_link_layer);
    EXPECT_EQ(said->link_layer, (MacAddress{{2, 0, 0, 0, 0, 9}}));
    EXPECT_EQ(said->mtu, 1480U);
    ASSERT_EQ(said->on_link().size(), 1U);
    EXPECT_EQ(said->prefixes[0].prefix.text(), "2001:db8:0:7::/64") << "bits beyond it ignored";
    EXPECT_EQ(said->prefixes[0].valid_s, 3600U);
}

TEST(RouterAdvertisementParser, takes_one_that_says_nothing) {
    const auto said = Message().parse();
    ASSERT_TRUE(said);
    EXPECT_FALSE(said->has_link_layer);
    EXPECT_EQ(said->mtu, 0U);
    EXPECT_EQ(said->prefix_count, 0);
}

TEST(RouterAdvertisementParser, reads_preferences_reserved_ones_as_medium) {
    for (const auto& [flags, preference] : {std::pair{0x00, RouterPreference::medium},
                                            {0x08, RouterPreference::high},
                                            {0x10, RouterPreference::medium},
                                            {0x18, RouterPreference::low},
                                            {0xe7, RouterPreference::medium},
                                            {0xff, RouterPreference::low}}) {
        Message message;
        message.icmp[5] = static_cast<std::uint8_t>(flags);
        EXPECT_EQ(message.parse()->preference, preference) << flags;
    }
}

TEST(RouterAdvertisementParser, ignores_prefixes_that_are_not_on_link_and_impossible_ones) {
    for (const Octets& option :
         {prefix_option(1, 64, 0x40), prefix_option(1, 129), prefix_option(1, 0),
          prefix_option(1, 15), prefix_option(1, 64, 0xc0, 0xff)}) {
        const auto said = Message().option(option).parse();
        ASSERT_TRUE(said);
        EXPECT_EQ(said->prefix_count, 0);
    }
    Octets local = prefix_option(0);
    local[16] = 0xfe;
    local[17] = 0x80;
    EXPECT_EQ(Message().option(local).parse()->prefix_count, 0);
}

TEST(RouterAdvertisementParser, takes_prefixes_of_16_bits_and_more) {
    for (const std::uint8_t length : Octets{16, 64, 128}) {
        EXPECT_EQ(Message().option(prefix_option(1, length)).parse()->prefix_count, 1);
    }
}

TEST(RouterAdvertisementParser, masks_prefixes_of_every_length) {
    Ipv6Address ones;
    ones.bytes.fill(0xff);
    for (std::uint8_t length = 0; length <= 128; ++length) {
        const Ipv6Prefix prefix = masked(ones, length);
        for (unsigned bit = 0; bit < 128; ++bit) {
            const bool set = (prefix.address.bytes[bit / 8] >> (7 - bit % 8) & 1U) != 0;
            ASSERT_EQ(set, bit < length) << int{length};
        }
    }
}

TEST(RouterAdvertisementParser, keeps_so_many_prefixes_and_ignores_the_rest) {
    Message message;
    for (std::uint8_t i = 0; i < 20; ++i) {
        message.option(prefix_option(i));
    }
    const auto said = message.option(mtu_1480).parse();
    ASSERT_TRUE(said);
    EXPECT_EQ(said->on_link().size(), RouterInformation::most_prefixes);
    EXPECT_EQ(said->prefixes[15].prefix.address.bytes[7], 15);
    EXPECT_EQ(said->mtu, 1480U) << "what follows them is read";
}

TEST(RouterAdvertisementParser, ignores_unknown_options_and_known_ones_of_other_lengths) {
    Octets long_mtu = mtu_1480;
    long_mtu[1] = 2;
    long_mtu.resize(16);
    Octets long_mac = link_layer;
    long_mac[1] = 2;
    long_mac.resize(16);
    Octets short_prefix = prefix_option(1);
    short_prefix[1] = 3;
    short_prefix.resize(24);
    Octets unknown(24, 0xee);
    unknown[0] = 25;
    unknown[1] = 3;
    const auto said =
        Message().option(long_mtu).option(long_mac).option(short_prefix).option(unknown).parse();
    ASSERT_TRUE(said);
    EXPECT_EQ(said->mtu, 0U);
    EXPECT_FALSE(said->has_link_layer);
    EXPECT_EQ(said->prefix_count, 0);
}

TEST(RouterAdvertisementParser, refuses_what_breaks_the_rules) {
    const auto refused = [](const Message& message, const char* why) {
        const auto said = message.parse();
        EXPECT_FALSE(said) << why;
        EXPECT_EQ(said.reason(), Reason::discovery_malformed) << why;
    };
    Message message;
    message.ipv6.source = *Ipv6Address::parse("2001:db8::1");
    refused(message, "source is not link-local");
    message = {};
    message.icmp[1] = 1;
    refused(message, "code");
    message = {};
    message.icmp[0] = 133;
    refused(message, "no advertisement");
    refused(Message().option({5, 0, 0, 0, 0, 0, 0, 0}), "option of length 0");
    refused(Message().option(link_layer).option({5, 2, 0, 0, 0, 0, 0, 0}), "option cut off");
    refused(Message().option({1}), "half an option");
    refused(Message().option({1, 1, 3, 0, 0, 0, 0, 9}), "multicast MAC");
    refused(Message().option({1, 1, 0, 0, 0, 0, 0, 0}), "no MAC");
    for (std::size_t length = 0; length < 16; ++length) {
        message = {};
        message.icmp.resize(length);
        refused(message, "too short");
    }
}

TEST(RouterSolicitationParser, refuses_what_breaks_the_rules) {
    const Ipv6Header from_host{
        Ipv6Header::first_word(0, 0), be16_t(0), protocol::icmpv6, 255, router, all_routers};
    Ipv6Header from_nobody = from_host;
    from_nobody.source = {};
    const Octets plain{133, 0, 0xab, 0xcd, 0, 0, 0, 0};
    const auto with = [&](const Octets& option) {
        Octets message = plain;
        message.insert(message.end(), option.begin(), option.end());
        return message;
    };
    EXPECT_TRUE(parse_router_solicitation(from_host, plain));
    EXPECT_TRUE(parse_router_solicitation(from_nobody, plain));
    EXPECT_TRUE(parse_router_solicitation(from_host, with(link_layer)));
    EXPECT_TRUE(parse_router_solicitation(from_nobody, with({0xee, 1, 0, 0, 0, 0, 0, 0})));
    const auto refused = [](const Ipv6Header& ipv6, const Octets& message, const char* why) {
        const auto said = parse_router_solicitation(ipv6, message);
        EXPECT_FALSE(said) << why;
        EXPECT_EQ(said.reason(), Reason::discovery_malformed) << why;
    };
    refused(from_host, {133, 7, 0, 0, 0, 0, 0, 0}, "code");
    refused(from_host, {134, 0, 0, 0, 0, 0, 0, 0}, "no solicitation");
    refused(from_nobody, with(link_layer), "nobody's link-layer address");
    refused(from_host, with({1, 0, 2, 0, 0, 0, 0, 9}), "option of length 0");
    refused(from_host, with({1, 2, 2, 0, 0, 0, 0, 9}), "option cut off");
    for (std::size_t length = 0; length < plain.size(); ++length) {
        refused(from_host, Octets(plain.begin(), plain.begin() + static_cast<long>(length)),
                "too short");
    }
}

} // namespace
} // namespace mt6d
