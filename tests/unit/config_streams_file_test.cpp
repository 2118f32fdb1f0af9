// SPDX-License-Identifier: BSD-3-Clause
// The streams file.
#include "tests/unit/config_support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace mt6d::config {

namespace {

using testing::ElementsAre;

constexpr std::string_view head = R"(internal: { device: net_tap0 }
external: { device: net_null0, default_router: fe80::1 }
streams_file: many.streams
)";
const std::string alice = "2001:db8:1::a 02:00:00:00:00:0a ";
const std::string bob = "2001:db8:2::b 02:00:00:00:00:0b ";
const std::string key(good_key);

Loaded load_lines(const std::string& lines, const std::string& yaml = std::string(head),
                  std::size_t step = 7) {
    MemoryFiles files;
    add_good_files(files);
    files.texts["etc/many.streams"] = lines;
    files.step = step;
    return load_text(yaml, "etc/c.yaml", {}, files);
}

std::vector<std::string> errors(const std::string& lines,
                                const std::string& yaml = std::string(head)) {
    return texts(load_lines(lines, yaml).errors);
}

TEST(ConfigStreamsFile, HoldsOneStreamALine) {
    const Loaded loaded = load_lines(
        "# comment\n\n  \t\n" + alice + bob + key + "\r\n" + "  " + alice
        + "\t2001:db8:2::c 02:00:00:00:00:0c " + key
        + " rotation=2s lifetime=4s hash=sha512 cipher=none flow_labels=false name=x "
          "accept_zero_checksum=true base_port=1 remote_prefix=2001:db8:f::/64"); // no final LF
    EXPECT_THAT(texts(loaded.errors), testing::IsEmpty());
    ASSERT_TRUE(loaded.config.has_value());
    ASSERT_EQ(loaded.config->streams.size(), 2U);
    const Stream& first = loaded.config->streams[0];
    EXPECT_EQ(first.name, "2001:db8:1::a-2001:db8:2::b");
    EXPECT_EQ(first.local.name, "2001:db8:1::a");
    EXPECT_EQ(first.remote.mac.text(), "02:00:00:00:00:0b");
    EXPECT_EQ(std::string_view(first.key.hex()), key);
    EXPECT_EQ(first.options.rotation, 10U);
    const Stream& second = loaded.config->streams[1];
    EXPECT_EQ(second.name, "x");
    EXPECT_EQ(second.local.hashed_prefix, std::nullopt);
    EXPECT_EQ(second.remote.hashed_prefix->text(), "2001:db8:f::/64");
    EXPECT_EQ(second.options.rotation, 2U);
    EXPECT_EQ(second.options.lifetime, 4U);
    EXPECT_EQ(second.options.hash, Hash::sha512);
    EXPECT_FALSE(second.options.flow_labels);
    EXPECT_TRUE(second.options.accept_zero_checksum);
    EXPECT_EQ(second.options.base_port, 1);
}

TEST(ConfigStreamsFile, InheritsDefaultsAndHostNames) {
    const std::string yaml = std::string(head)
                             + "defaults: { rotation: 20s }\nhosts:\n  - { name: alice, address: "
                               "2001:db8:1::a, mac: 02:00:00:00:00:0a }\n";
    const Loaded loaded = load_lines(alice + bob + key + "\n", yaml);
    ASSERT_TRUE(loaded.config.has_value());
    EXPECT_EQ(loaded.config->streams.at(0).name, "alice-2001:db8:2::b");
    EXPECT_EQ(loaded.config->streams.at(0).options.lifetime, 60U);
    EXPECT_THAT(loaded.warnings, testing::IsEmpty()) << "alice is in a stream";
}

TEST(ConfigStreamsFile, TellsEachBadFieldWithItsColumnAndWithoutItsText) {
    EXPECT_THAT(errors("x y z w " + key + "\n"),
                ElementsAre("etc/many.streams:1:1: the local host's address is not an IPv6 "
                            "address: write it like 2001:db8::1",
                            "etc/many.streams:1:3: the local host's MAC address is not one: write "
                            "it like 02:00:00:00:00:01",
                            "etc/many.streams:1:5: the remote host's address is not an IPv6 "
                            "address: write it like 2001:db8::1",
                            "etc/many.streams:1:7: the remote host's MAC address is not one: "
                            "write it like 02:00:00:00:00:01"));
    EXPECT_THAT(errors(alice + "fe80::b 02:00:00:00:00:0b " + key + "\n"),
                ElementsAre("etc/many.streams:1:33: fe80::b is a link-local address, which is "
                            "never routed to another site: write the host's global or unique "
                            "local address"));
    EXPECT_THAT(errors(alice + "\n"),
                ElementsAre("etc/many.streams:1:33: the line ends before the remote host's "
                            "address: write LOCAL_ADDRESS LOCAL_MAC REMOTE_ADDRESS REMOTE_MAC "
                            "KEY [option=value]..."));
}

TEST(ConfigStreamsFile, NeverRepeatsAKey) {
    const std::vector<std::string> lines{
        key + " " + alice + bob,                                // first instead of last
        alice + key + " " + bob,                                // in place of an address
        alice + bob + key.substr(0, 30),                        // too short
        alice + bob + key + key + key,                          // too long
        alice + bob + key.substr(0, 41),                        // odd
        alice + bob + key + "g",                                // not hexadecimal
        alice + bob + key + " " + key,                          // twice
        alice + bob + key + " rotation=" + key,                 // as an option's value
        alice + bob + key + " key=" + key,                      // as an option
        alice + bob + key.substr(0, 40) + " " + key.substr(40), // torn in two
        std::string(5000, ' ') + key,                           // in a line that is too long
    };
    for (const std::string& line : lines) {
        const auto messages = errors(line + "\n");
        EXPECT_THAT(messages, testing::Not(testing::IsEmpty())) << line;
        for (const std::string& message : messages) {
            EXPECT_THAT(message, testing::Not(testing::HasSubstr(key.substr(8, 8)))) << line;
            EXPECT_THAT(message, testing::Not(testing::HasSubstr(key.substr(48, 8)))) << line;
        }
    }
}

TEST(ConfigStreamsFile, TellsBadOptions) {
    EXPECT_THAT(errors(alice + bob + key + " rotaton=2s\n"),
                ElementsAre("etc/many.streams:1:130: not an option: write one of local_prefix, "
                            "remote_prefix, name, rotation, lifetime, hash, cipher, flow_labels, "
                            "accept_zero_checksum, lower_mss, copy_dscp, base_port, rekey.method, "
                            "rekey.interval, rekey.window after the key, "
                            "as option=value; did "
                            "you mean 'rotation'?"));
    EXPECT_THAT(errors(alice + bob + key + " rotation=2s rotation=3s\n"),
                ElementsAre("etc/many.streams:1:142: the option rotation stands twice: keep one "
                            "of them"));
    EXPECT_THAT(errors(alice + bob + key + " rotation=15s lifetime=\n"),
                ElementsAre("etc/many.streams:1:130: rotation: '15s' is no rotation time, which "
                            "is 1s to 9s or a multiple of 10s: write 10s or 20s",
                            "etc/many.streams:1:143: lifetime: '' does not begin with a number: "
                            "write a whole number and a unit, like 10s, 5m or 1h"));
    EXPECT_THAT(errors(alice + bob + key + " rotation=7s lifetime=20s\n"),
                ElementsAre("etc/many.streams:1:142: lifetime 20s is no multiple of the rotation "
                            "time 7s: write lifetime: 21s, or another multiple of 7s from 14s"));
}

TEST(ConfigStreamsFile, IsComparedWithItselfAndTheYamlFile) {
    const std::string line = alice + bob + key;
    EXPECT_THAT(errors(line + "\n" + line + " name=other\n"),
                ElementsAre("etc/many.streams:2:1: 2001:db8:1::a and 2001:db8:2::b have a stream "
                            "already, in etc/many.streams:1:1: keep one of them, for a pair has "
                            "one key"));
    EXPECT_THAT(errors(line + "\n" + bob + alice + key + "\n"),
                ElementsAre("etc/many.streams:2:1: 2001:db8:1::a and 2001:db8:2::b have a stream "
                            "the other way round already, in etc/many.streams:1:1: keep the one "
                            "whose local host is behind this gateway; the peer's configuration "
                            "has the other"));
    EXPECT_THAT(errors(line + "\n2001:db8:1::a 02:00:00:00:00:aa 2001:db8:2::c 02:00:00:00:00:0c "
                       + key + "\n"),
                ElementsAre("etc/many.streams:2:1: 2001:db8:1::a has the MAC address "
                            "02:00:00:00:00:aa here and 02:00:00:00:00:0a in etc/many.streams:1:1: "
                            "write the same in both"));
    const std::string yaml = std::string(good_yaml) + "streams_file: many.streams\n";
    EXPECT_THAT(errors(line + " name=other\n", yaml),
                ElementsAre("etc/many.streams:1:1: 2001:db8:1::a and 2001:db8:2::b have a stream "
                            "already, in etc/c.yaml:15:5: keep one of them, for a pair has one "
                            "key"));
    EXPECT_THAT(errors(line + " local_prefix=2001:db8:f::/64\n", yaml),
                testing::Contains("etc/many.streams:1:1: 2001:db8:1::a and 2001:db8:2::b have a "
                                  "stream already, in etc/c.yaml:15:5: keep one of them, for a "
                                  "pair has one key"));
    EXPECT_THAT(
        errors(alice + "2001:db8:2::c 02:00:00:00:00:0c " + key + " local_prefix=2001:db8:f::/64\n",
               yaml),
        ElementsAre("etc/many.streams:1:1: 2001:db8:1::a has the hashed prefix "
                    "2001:db8:f::/64 here and no hashed prefix in etc/c.yaml:8:11: write "
                    "the same in both"));
    EXPECT_THAT(
        errors("2001:db8:2::b 02:00:00:00:00:0b 2001:db8:2::c 02:00:00:00:00:0c " + key + "\n",
               yaml),
        ElementsAre("etc/many.streams:1:1: 2001:db8:2::b is a local host here and a "
                    "remote host in etc/c.yaml:15:5: a host is on one side of the "
                    "gateway, so mend one of the two"));
}

TEST(ConfigStreamsFile, CountsTheMistakesThatItDoesNotPrint) {
    std::string lines;
    for (int i = 0; i < 20'000; ++i) {
        lines += "nonsense\n";
    }
    const auto messages = texts(load_lines(lines, std::string(head), 1U << 20U).errors);
    ASSERT_EQ(messages.size(), Diagnostics::most_printed + 1);
    EXPECT_EQ(messages.front().find("etc/many.streams:1:1: "), 0U);
    EXPECT_EQ(messages.back(), "etc/many.streams: and 39950 more");
}

TEST(ConfigStreamsFile, ReadsOnAfterALineThatIsTooLong) {
    const auto messages = errors(std::string(200'000, 'x') + "\n" + alice + bob + "zz\n");
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_THAT(messages[0], testing::StartsWith("etc/many.streams:1:1: longer than 4096 bytes"));
    EXPECT_THAT(messages[1], testing::StartsWith("etc/many.streams:2:65: the key has a character"));
}

TEST(ConfigStreamsFile, MustExistAndHoldAStream) {
    MemoryFiles files;
    EXPECT_THAT(texts(load_text(head, "etc/c.yaml", {}, files).errors),
                ElementsAre("etc/c.yaml:3:15: streams file 'etc/many.streams': cannot be opened: "
                            "No such file or directory"));
    EXPECT_THAT(errors("# none\n"),
                ElementsAre("etc/c.yaml:1:1: no stream: write at least one in streams, or name a "
                            "streams_file that holds one"));
}

TEST(ConfigStreamsFile, FindsOneRepeatedPairAmongManyStreams) {
    std::string lines;
    for (unsigned i = 0; i < 50'000; ++i) {
        lines += fmt::format("2001:db8:1::{0:x} 02:00:00:00:00:0a 2001:db8:2::{0:x}:1 "
                             "02:00:00:00:00:0b {1}\n",
                             i % 5000 + 1, key);
        if (i < 5000) {
            continue;
        }
        lines.erase(lines.rfind("2001:db8:1::"));
        lines += fmt::format("2001:db8:1::{:x} 02:00:00:00:00:0a 2001:db8:3::{:x}:1 "
                             "02:00:00:00:00:0b {}\n",
                             i % 5000 + 1, i, key);
    }
    EXPECT_THAT(texts(load_lines(lines, std::string(head), 1U << 20U).errors), testing::IsEmpty());
    lines += "2001:db8:1::1 02:00:00:00:00:0a 2001:db8:2::1:1 02:00:00:00:00:0b " + key
             + " name=again\n";
    const auto messages = texts(load_lines(lines, std::string(head), 1U << 20U).errors);
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_THAT(messages[0], testing::StartsWith("etc/many.streams:50001:1: 2001:db8:1::1 and "
                                                 "2001:db8:2::1:1 have a stream already, in "
                                                 "etc/many.streams:1:1"));
}

} // namespace

} // namespace mt6d::config
