// SPDX-License-Identifier: BSD-3-Clause
// One value's text to its meaning: what is right, and that its neighbours are wrong. (The words of
// the messages are in config_messages_test.cpp.)
#include "control/config/device.hpp"
#include "control/config/scalars.hpp"

#include <gtest/gtest.h>

namespace mt6d::config {

namespace {

template <class T>
std::optional<T> value(const Result<T>& result) {
    return result ? std::optional<T>(*result) : std::nullopt;
}

TEST(ConfigScalars, NumbersAreDecimalDigits) {
    EXPECT_EQ(value(parse_number("0", 0, 9)), 0U);
    EXPECT_EQ(value(parse_number("18446744073709551615", 0, UINT64_MAX)), UINT64_MAX);
    for (const char* const bad : {"", "-1", "+1", " 1", "1 ", "01", "0x1", "1e3", "1_000", "10"}) {
        EXPECT_FALSE(parse_number(bad, 0, 9)) << bad;
    }
    EXPECT_FALSE(parse_number("18446744073709551616", 0, UINT64_MAX));
}

TEST(ConfigScalars, DurationsHaveUnits) {
    EXPECT_EQ(value(parse_seconds("1s")), 1U);
    EXPECT_EQ(value(parse_seconds("90m")), 5400U);
    EXPECT_EQ(value(parse_seconds("8784h")), 366U * 86400);
    for (const char* const bad : {"", "s", "1", "1 s", "1S", "1sec", "1.0s", "-1s", "0h", "8785h",
                                  "1d", "1s ", "18446744073709551615h", "99999999999999999999s"}) {
        EXPECT_FALSE(parse_seconds(bad)) << bad;
    }
}

// docs/protocol.md, section 3.
TEST(ConfigScalars, RotationTimesAreOneToNineOrTens) {
    for (unsigned seconds = 1; seconds <= 200; ++seconds) {
        const bool good = seconds < 10 || seconds % 10 == 0;
        EXPECT_EQ(static_cast<bool>(parse_rotation(std::to_string(seconds) + "s")), good)
            << seconds;
    }
    EXPECT_EQ(value(parse_rotation("1h")), 3600U);
}

TEST(ConfigScalars, MemoryIsInMebibytes) {
    EXPECT_EQ(value(parse_memory("64M")), 64U);
    EXPECT_EQ(value(parse_memory("1024G")), 1048576U);
    for (const char* const bad : {"63M", "1025G", "0G", "1", "1m", "1T", "1GB", "1.5G", "M"}) {
        EXPECT_FALSE(parse_memory(bad)) << bad;
    }
}

TEST(ConfigScalars, TruthIsTrueOrFalse) {
    EXPECT_EQ(value(parse_boolean("true")), true);
    EXPECT_EQ(value(parse_boolean("false")), false);
    for (const char* const bad : {"", "yes", "no", "on", "off", "True", "1"}) {
        EXPECT_FALSE(parse_boolean(bad)) << bad;
    }
}

TEST(ConfigScalars, HostAddressesAreUnicastBeyondOneLink) {
    for (const char* const good : {"2001:db8::1", "fd00::1", "2001:DB8:0:0:0:0:0:1"}) {
        EXPECT_TRUE(parse_host_address(good)) << good;
    }
    for (const char* const bad :
         {"::", "::1", "::192.0.2.1", "::ffff:192.0.2.1", "fe80::1", "febf::1", "ff05::1",
          "2001:db8::1/64", "2001:db8::1%eth0", "2001:db8:::1", "192.0.2.1", ""}) {
        EXPECT_FALSE(parse_host_address(bad)) << bad;
    }
}

TEST(ConfigScalars, NamesArePlainWords) {
    EXPECT_TRUE(parse_name("2001:db8::1-b_2.x", 63));
    EXPECT_TRUE(parse_name(std::string(63, 'a'), 63));
    for (const char* const bad : {"", "-a", ".a", "a b", "a/b", "a\n", "ä"}) {
        EXPECT_FALSE(parse_name(bad, 63)) << bad;
    }
    EXPECT_FALSE(parse_name(std::string(64, 'a'), 63));
    EXPECT_TRUE(parse_gateway_name("site-a-2"));
    for (const char* const bad : {"", "A", "a_b", "a.b", "a/b"}) {
        EXPECT_FALSE(parse_gateway_name(bad)) << bad;
    }
    EXPECT_FALSE(parse_gateway_name(std::string(33, 'a')));
}

TEST(ConfigDevice, IsAPciAddress) {
    const auto device = parse_device("0A:00.1,some=thing,flag");
    ASSERT_TRUE(device);
    EXPECT_EQ(device->name, "0000:0a:00.1");
    EXPECT_TRUE(device->is_pci());
    EXPECT_EQ(device->argument("some"), "thing");
    EXPECT_EQ(device->argument("flag"), "");
    EXPECT_EQ(device->argument("other"), std::nullopt);
    EXPECT_TRUE(parse_device("abcd:ff:1f.7"));
    for (const char* const bad :
         {"", "0000:00:00.8", "000:00:00.0", "0000:00:00", "0g:00.0", "00:00,0", "0000:00:00.0:"}) {
        EXPECT_FALSE(parse_device(bad)) << bad;
    }
}

TEST(ConfigDevice, IsAKnownVirtualDevice) {
    for (const char* const good :
         {"net_tap", "net_tap0", "net_af_xdp0,iface=x", "net_af_packet12,iface=x", "net_null0",
          "net_pcap0,rx_pcap=a,rx_pcap=b", "net_memif0,role=client", "net_ring0",
          "net_vhost0,iface=/s", "net_virtio_user0,path=/s,queues=2"}) {
        EXPECT_TRUE(parse_device(good)) << good;
    }
    for (const char* const bad :
         {"net_tapx", "net_tap0x", "tap0", "eth_tap0", "net_", "net_tap0,", "net_tap0,,iface=x",
          "net_tap0,=x", "net_tap0 ", "net_af_xdp0", "net_af_xdp0,iface=", "net_vhost0",
          "net_virtio_user0,iface=/s", "net_tap0,iface=a,iface=a"}) {
        EXPECT_FALSE(parse_device(bad)) << bad;
    }
    EXPECT_FALSE(parse_device("net_tap" + std::string(57, '1')));
    EXPECT_EQ(parse_device("net_af_packet3,iface=x")->driver, "net_af_packet");
}

TEST(ConfigDevice, IsSharedWhereNameOrResourceIsTheSame) {
    const auto shared = [](const char* a, const char* b) {
        return shared_resource(*parse_device(a), *parse_device(b)).value_or("");
    };
    EXPECT_EQ(shared("01:00.0", "0000:01:00.0,x=y"), "device 0000:01:00.0");
    EXPECT_EQ(shared("net_af_xdp0,iface=a", "net_af_packet0,iface=a"), "interface a");
    EXPECT_EQ(shared("net_vhost0,iface=/s", "net_virtio_user0,path=/s"), "socket /s");
    EXPECT_EQ(shared("net_tap0", "net_tap1"), "");
    EXPECT_EQ(shared("net_memif0,socket=/s,id=0", "net_memif1,socket=/s,id=1"), "");
    EXPECT_EQ(shared("net_pcap0,rx_pcap=a", "net_pcap1,rx_pcap=a"), "");
}

} // namespace

} // namespace mt6d::config
