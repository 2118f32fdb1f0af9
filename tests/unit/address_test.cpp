// SPDX-License-Identifier: BSD-3-Clause
// Addresses and prefixes: text forms, kinds, and what is derived from them.
#include <mt6d/address.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <unordered_set>

namespace mt6d {
namespace {

Ipv6Address ipv6(std::string_view text) {
    return Ipv6Address::parse(text).value();
}
MacAddress mac(std::string_view text) {
    return MacAddress::parse(text).value();
}
Ipv6Prefix prefix(std::string_view text) {
    return Ipv6Prefix::parse(text).value();
}

TEST(MacAddress, reads_six_pairs_of_hexadecimal_digits) {
    EXPECT_EQ(mac("02:00:5e:10:00:ff"), (MacAddress{{0x02, 0x00, 0x5e, 0x10, 0x00, 0xff}}));
    EXPECT_EQ(mac("AB:CD:EF:ab:cd:ef"), (MacAddress{{0xab, 0xcd, 0xef, 0xab, 0xcd, 0xef}}));
    EXPECT_EQ(mac("AB:cd:0F:00:00:01").text(), "ab:cd:0f:00:00:01");
}

TEST(MacAddress, refuses_everything_else) {
    for (const std::string_view text :
         {"", "02", "02:00:5e:10:00", "02:00:5e:10:00:0", "02:00:5e:10:00:001",
          "02:00:5e:10:00:01:02", "02-00-5e-10-00-01", "02:00:5e:10:00:0g", "02:00:5e:10:00: 1",
          " 02:00:5e:10:00:01", "02:00:5e:10:00:01 ", "2:0:5e:10:0:1", "0x:00:5e:10:00:01",
          "02005e100001", "+2:00:5e:10:00:01"}) {
        EXPECT_FALSE(MacAddress::parse(text)) << '"' << text << '"';
    }
}

TEST(MacAddress, knows_groups_and_zero) {
    EXPECT_TRUE(mac("33:33:00:00:00:01").is_multicast());
    EXPECT_TRUE(mac("ff:ff:ff:ff:ff:ff").is_multicast());
    EXPECT_FALSE(mac("02:01:01:01:01:01").is_multicast());
    EXPECT_TRUE(MacAddress{}.is_zero());
    EXPECT_FALSE(mac("00:00:00:00:00:01").is_zero());
}

TEST(Ipv6Address, reads_and_writes_the_text_form_of_RFC_5952) {
    struct Row {
        const char *read, *written;
    };
    for (const Row& row : {Row{"::", "::"}, Row{"::1", "::1"},
                           Row{"2001:0DB8:0000:0000:0000:0000:0000:000A", "2001:db8::a"},
                           Row{"2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
                           Row{"ff02::1:ff00:1", "ff02::1:ff00:1"}}) {
        EXPECT_EQ(ipv6(row.read).text(), row.written);
    }
}

TEST(Ipv6Address, refuses_everything_else) {
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {""sv, "1"sv, "10.0.0.1"sv, "2001:db8::1::2"sv, "2001:db8::10000"sv, "2001:db8::g"sv,
          "2001:db8::1 "sv, " 2001:db8::1"sv, "[2001:db8::1]"sv, "fe80::1%eth0"sv,
          "2001:db8::/64"sv, "1:2:3:4:5:6:7:8:9"sv, "2001:db8::1\0"sv}) {
        EXPECT_FALSE(Ipv6Address::parse(text)) << '"' << text << '"';
    }
}

TEST(Ipv6Address, knows_its_kind) {
    struct Row {
        const char* text;
        bool multicast, unspecified, link_local;
    };
    const Row rows[] = {
        {"::", false, true, false},          {"::1", false, false, false},
        {"fe7f::1", false, false, false},    {"fe80::1", false, false, true},
        {"febf::1", false, false, true},     {"fec0::1", false, false, false},
        {"ff02::1", true, false, false},     {"feff::1", false, false, false},
        {"2001:db8::", false, false, false},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.text);
        EXPECT_EQ(ipv6(row.text).is_multicast(), row.multicast);
        EXPECT_EQ(ipv6(row.text).is_unspecified(), row.unspecified);
        EXPECT_EQ(ipv6(row.text).is_link_local(), row.link_local);
    }
}

TEST(Ipv6Address, has_the_group_and_macs_that_the_RFCs_give) {
    // RFC 4291, section 2.7.1: its own example.
    EXPECT_EQ(ipv6("4037::01:800:200e:8c6c").solicited_node_group(), ipv6("ff02::1:ff0e:8c6c"));
    // RFC 2464, section 7.
    EXPECT_EQ(ipv6("ff02::1:ff0e:8c6c").multicast_mac(), mac("33:33:ff:0e:8c:6c"));
    EXPECT_EQ(all_nodes.multicast_mac(), mac("33:33:00:00:00:01"));
    // RFC 2464, section 4: its own example.
    EXPECT_EQ(Ipv6Address::link_local(mac("34:56:78:9a:bc:de")), ipv6("fe80::3656:78ff:fe9a:bcde"));
}

TEST(Ipv6Address, hashes_all_of_its_bytes) {
    std::unordered_set<std::size_t> hashes;
    for (std::size_t bit = 0; bit < 128; ++bit) {
        Ipv6Address address;
        address.bytes[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
        hashes.insert(std::hash<Ipv6Address>{}(address));
    }
    EXPECT_EQ(hashes.size(), 128U);
}

TEST(Ipv6Prefix, reads_and_writes_its_text_form) {
    for (const char* text : {"::/0", "2000::/3", "2001:db8::/32", "2001:db8:0:1::/64",
                             "2001:db8::1/128", "fe80::/10"}) {
        EXPECT_EQ(prefix(text).text(), text);
    }
}

TEST(Ipv6Prefix, refuses_everything_else) {
    for (const std::string_view text :
         {"", "/", "/64", "2001:db8::", "2001:db8::/", "2001:db8::/129", "2001:db8::/1000",
          "2001:db8::/-1", "2001:db8::/+64", "2001:db8::/064", "2001:db8::/64 ", "2001:db8::/ 64",
          "2001:db8::/6x", "2001:db8::/64/64", "2001:db8::1/64", "2001:db8::/28", "8000::/0"}) {
        EXPECT_FALSE(Ipv6Prefix::parse(text)) << '"' << text << '"';
    }
}

TEST(Ipv6Prefix, contains_what_shares_its_bits) {
    struct Row {
        const char *prefix, *address;
        bool contained;
    };
    const Row rows[] = {
        {"::/0", "ffff::1", true},
        {"2001:db8:0:1::/64", "2001:db8:0:1::", true},
        {"2001:db8:0:1::/64", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
        {"2001:db8:0:1::/64", "2001:db8:0:2::", false},
        {"2001:db8:0:1::/64", "2001:db8::ffff:ffff:ffff:ffff", false},
        {"2001:db8:0:2::/63", "2001:db8:0:3::1", true},
        {"2001:db8:0:2::/63", "2001:db8:0:4::1", false},
        {"fe80::/10", "febf::1", true},
        {"fe80::/10", "fec0::1", false},
        {"2001:db8::1/128", "2001:db8::1", true},
        {"2001:db8::1/128", "2001:db8::", false},
        {"2001:db8::/127", "2001:db8::1", true},
        {"2001:db8::/127", "2001:db8::2", false},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(prefix(row.prefix).contains(ipv6(row.address)), row.contained)
            << row.address << " in " << row.prefix;
    }
}

} // namespace
} // namespace mt6d
