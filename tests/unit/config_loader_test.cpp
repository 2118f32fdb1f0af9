// SPDX-License-Identifier: BSD-3-Clause
// What good configurations mean.
#include "tests/unit/config_support.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace mt6d::config {

namespace {

Config loaded(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
    MemoryFiles files;
    add_good_files(files);
    Loaded result = load_text(yaml, "etc/c.yaml", overrides, files);
    EXPECT_THAT(texts(result.errors), testing::IsEmpty());
    return result.config.value_or(Config{});
}

TEST(ConfigLoader, GivesDefaultsToWhatIsNotWritten) {
    const Config config = loaded(std::string(good_yaml));
    EXPECT_EQ(config.file, "etc/c.yaml");
    EXPECT_EQ(config.name, "mt6d");
    EXPECT_EQ(config.mode, Mode::gateway);
    EXPECT_EQ(config.idle, Idle::poll);
    EXPECT_EQ(config.control_core, std::nullopt);
    EXPECT_THAT(config.workers, testing::ElementsAre(Core{}));
    EXPECT_EQ(config.memory_mib, 512U);
    EXPECT_TRUE(config.hugepages);
    EXPECT_EQ(config.crypto, Crypto::automatic);
    EXPECT_EQ(config.crypto_device, "");
    EXPECT_EQ(config.state_dir, "/var/lib/mt6d/mt6d");
    EXPECT_EQ(config.internal.mac, std::nullopt);
    EXPECT_EQ(config.internal.mtu, std::nullopt);
    ASSERT_EQ(config.streams.size(), 1U);
    const StreamOptions& options = config.streams[0].options;
    EXPECT_EQ(options.rotation, 10U);
    EXPECT_EQ(options.lifetime, 30U);
    EXPECT_EQ(options.hash, Hash::sha256);
    EXPECT_EQ(options.cipher, Cipher::aes_256_gcm);
    EXPECT_TRUE(options.flow_labels);
    EXPECT_FALSE(options.accept_zero_checksum);
    EXPECT_EQ(options.base_port, 19766);
}

TEST(ConfigLoader, NamesTheStateDirectoryAfterTheGateway) {
    EXPECT_EQ(loaded("name: site-a\n" + std::string(good_yaml)).state_dir, "/var/lib/mt6d/site-a");
    EXPECT_EQ(loaded("name: site-a\nstate_dir: /srv/x\n" + std::string(good_yaml)).state_dir,
              "/srv/x");
}

TEST(ConfigLoader, ReadsWhoEncrypts) {
    const std::string yaml(good_yaml);
    EXPECT_EQ(loaded("crypto: auto\n" + yaml).crypto, Crypto::automatic);
    EXPECT_EQ(loaded("crypto: multi-buffer\n" + yaml).crypto, Crypto::multi_buffer);
    EXPECT_EQ(loaded("crypto: openssl\n" + yaml).crypto, Crypto::openssl);
    const Config device = loaded("crypto: cryptodev\ncrypto_device: 3D:00.0\n" + yaml);
    EXPECT_EQ(device.crypto, Crypto::device);
    EXPECT_EQ(device.crypto_device, "0000:3d:00.0");
    EXPECT_EQ(loaded("crypto: cryptodev\ncrypto_device: crypto_openssl0\n" + yaml).crypto_device,
              "crypto_openssl0");
}

TEST(ConfigLoader, SaysOnceWhatTheLegacyCipherLacks) {
    MemoryFiles files;
    add_good_files(files);
    const Loaded result = load_text("defaults: { cipher: aes-256-cbc }\n" + std::string(good_yaml)
                                        + "    cipher: aes-256-cbc\n",
                                    "etc/c.yaml", {}, files);
    ASSERT_TRUE(result.config);
    EXPECT_EQ(result.config->streams[0].options.cipher, Cipher::aes_256_cbc);
    EXPECT_THAT(texts(result.warnings),
                testing::ElementsAre(testing::AllOf(
                    testing::StartsWith("etc/c.yaml:1:21: aes-256-cbc is a legacy cipher: packets "
                                        "are not authenticated"),
                    testing::HasSubstr("write aes-256-gcm"))));
}

TEST(ConfigLoader, SaysWhatOtherFramesLeakWhereTheyAreForwarded) {
    MemoryFiles files;
    add_good_files(files);
    const auto warnings_with = [&](const std::string& line) {
        return texts(load_text(line + std::string(good_yaml), "etc/c.yaml", {}, files).warnings);
    };
    EXPECT_THAT(warnings_with("other_frames: forward\n"),
                testing::ElementsAre("etc/c.yaml:1:15: other_frames: forward lets IPv4, ARP and "
                                     "VLAN-tagged frames out as they are: with hosts' MACs, and "
                                     "IPv4 addresses"));
    EXPECT_THAT(warnings_with("other_frames: drop\n"), testing::IsEmpty());
}

TEST(ConfigLoader, TakesAsManyOnLinkPrefixesAsThereIsRoomFor) {
    MemoryFiles files;
    add_good_files(files);
    const auto errors_with = [&](std::size_t count) {
        std::string list = "[2001:db8:1::/64";
        for (std::size_t i = 1; i < count; ++i) {
            list += fmt::format(", 2001:db8:ff:{}::/64", i);
        }
        const std::string yaml = changed(std::string(good_yaml), "[2001:db8:1::/64", list);
        return texts(load_text(yaml, "etc/c.yaml", {}, files).errors);
    };
    EXPECT_THAT(errors_with(64), testing::IsEmpty());
    EXPECT_THAT(errors_with(65),
                testing::ElementsAre("etc/c.yaml:5:12: external.on_link: 65 prefixes are more than "
                                     "64: write fewer, shorter ones, or let the router advertise "
                                     "them"));
}

TEST(ConfigLoader, ReadsTheProcessAndItsPorts) {
    const Config config = loaded(R"(name: site-a
mode: host
idle: sleep
control_core: 0
workers: [1, any, 3]
memory: 2G
hugepages: off
internal: { device: "net_tap0,iface=x", mac: 02:00:00:00:00:01, mtu: 9702 }
external:
  device: 0A:00.1
  mtu: 1280
  on_link: [2001:db8:1::/64, "2001:db8::/32"]
  default_router: 2001:db8:1::1
  neighbors:
    - { address: 2001:db8:1::1, mac: 02:00:00:00:00:fe }
hosts:
  - { name: alice, address: 2001:db8:1::a, mac: 02:00:00:00:00:0a }
  - { name: bob, address: 2001:db8:2::b, mac: 02:00:00:00:00:0b, hashed_prefix: 2001:db8:f::/64 }
streams:
  - { local: alice, remote: bob, key_file: ab.key }
)");
    EXPECT_EQ(config.name, "site-a");
    EXPECT_EQ(config.mode, Mode::host);
    EXPECT_EQ(config.idle, Idle::sleep);
    EXPECT_EQ(config.control_core, Core{0});
    EXPECT_THAT(config.workers, testing::ElementsAre(Core{1}, Core{}, Core{3}));
    EXPECT_EQ(config.memory_mib, 2048U);
    EXPECT_FALSE(config.hugepages);
    EXPECT_EQ(config.internal.device, "net_tap0,iface=x");
    EXPECT_EQ(config.internal.mac->text(), "02:00:00:00:00:01");
    EXPECT_EQ(config.internal.mtu, 9702);
    EXPECT_EQ(config.external.device, "0A:00.1");
    EXPECT_EQ(config.external.mtu, 1280);
    ASSERT_EQ(config.external.on_link.size(), 2U);
    EXPECT_EQ(config.external.on_link[1].text(), "2001:db8::/32");
    EXPECT_EQ(config.external.default_router->text(), "2001:db8:1::1");
    ASSERT_EQ(config.external.neighbors.size(), 1U);
    EXPECT_EQ(config.external.neighbors[0].mac.text(), "02:00:00:00:00:fe");
    const Stream& stream = config.streams.at(0);
    EXPECT_EQ(stream.name, "alice-bob");
    EXPECT_EQ(stream.local.name, "alice");
    EXPECT_EQ(stream.local.hashed_prefix, std::nullopt);
    EXPECT_EQ(stream.remote.address.text(), "2001:db8:2::b");
    EXPECT_EQ(stream.remote.hashed_prefix->text(), "2001:db8:f::/64");
    EXPECT_EQ(std::string_view(stream.key.hex()), good_key);
}

TEST(ConfigLoader, LetsAStreamOverrideTheDefaults) {
    const std::string yaml =
        changed(std::string(good_yaml), "    key_file: ab.key\n",
                "    key_file: ab.key\n    name: quick\n    rotation: 2s\n"
                "    accept_zero_checksum: true\n  - { local: alice, remote: carol, key_file: "
                "ab.key }\n");
    const Config config = loaded(changed(yaml, "streams:\n",
                                         "  - { name: carol, address: 2001:db8:3::c, mac: "
                                         "02:00:00:00:00:0c }\ndefaults: { rotation: 1m, hash: "
                                         "sha384, flow_labels: false, base_port: 65532 }\n"
                                         "streams:\n"));
    ASSERT_EQ(config.streams.size(), 2U);
    const StreamOptions& own = config.streams[0].options;
    const StreamOptions& inherited = config.streams[1].options;
    EXPECT_EQ(config.streams[0].name, "quick");
    EXPECT_EQ(own.rotation, 2U);
    EXPECT_EQ(own.lifetime, 6U) << "three times its own rotation, not the inherited one";
    EXPECT_TRUE(own.accept_zero_checksum);
    EXPECT_EQ(own.hash, Hash::sha384);
    EXPECT_EQ(config.streams[1].name, "alice-carol");
    EXPECT_EQ(inherited.rotation, 60U);
    EXPECT_EQ(inherited.lifetime, 180U);
    EXPECT_FALSE(inherited.accept_zero_checksum);
    EXPECT_FALSE(inherited.flow_labels);
    EXPECT_EQ(inherited.base_port, 65532);
}

TEST(ConfigLoader, NeedsNoRouterForAnOnLinkRemotePrefix) {
    const std::string yaml = changed(std::string(good_yaml), "  default_router: fe80::1\n", "");
    loaded(changed(yaml, "[2001:db8:1::/64]", "[2001:db8:2::/64]"));
    // The hashed prefix is where packets go; the true one no longer matters.
    loaded(changed(yaml, "mac: 02:00:00:00:00:0b\n",
                   "mac: 02:00:00:00:00:0b\n    hashed_prefix: 2001:db8:1::/64\n"));
}

TEST(ConfigLoader, LetsAWorkerThatSleepsShareTheControlCore) {
    for (const std::string idle : {"sleep", "interrupt"}) {
        loaded("idle: " + idle + "\ncontrol_core: 1\nworkers: [1]\n" + std::string(good_yaml));
    }
}

TEST(ConfigLoader, LooksForFilesBesideTheConfiguration) {
    MemoryFiles files;
    files.texts["/root.key"] = std::string(good_key);
    files.texts["ab.key"] = std::string(good_key);
    const std::string absolute = changed(std::string(good_yaml), "ab.key", "/root.key");
    EXPECT_TRUE(load_text(absolute, "/etc/c.yaml", {}, files).config.has_value());
    EXPECT_TRUE(load_text(good_yaml, "c.yaml", {}, files).config.has_value());
    EXPECT_FALSE(load_text(good_yaml, "/etc/c.yaml", {}, files).config.has_value());
}

TEST(ConfigLoader, TellsThatAFileIsEmpty) {
    for (const char* const text : {"", "\n\n", "# nothing\n", "---\n", "~\n"}) {
        EXPECT_THAT(errors_of(text),
                    testing::ElementsAre("etc/c.yaml:1:1: the file is empty: begin with one of "
                                         "the examples in conf/"));
    }
}

TEST(ConfigLoader, TellsThatThereIsNoFile) {
    MemoryFiles files;
    EXPECT_THAT(texts(load("etc/none.yaml", {}, files).errors),
                testing::ElementsAre("etc/none.yaml: cannot be opened: No such file or directory"));
}

TEST(ConfigLoader, RefusesASeventeenthRotationTime) {
    std::string yaml = changed(std::string(good_yaml), "    key_file: ab.key\n",
                               "    key_file: ab.key\n    rotation: 10s\n");
    std::string hosts;
    for (int i = 0; i < 16; ++i) {
        hosts += fmt::format("  - {{ name: h{0}, address: 2001:db8:3::{0}, mac: "
                             "02:00:00:00:01:{0:02d} }}\n",
                             i);
        yaml += fmt::format("  - {{ local: alice, remote: h{}, key_file: ab.key, rotation: {}s "
                            "}}\n",
                            i, i < 9 ? i + 1 : (i - 7) * 10);
    }
    const auto errors = errors_of(changed(yaml, "streams:\n", hosts + "streams:\n"));
    EXPECT_THAT(errors,
                testing::ElementsAre("etc/c.yaml:50:62: the rotation time 80s is one more than "
                                     "the 16 different ones that are possible: use one that "
                                     "other streams have"));
}

TEST(ConfigLoader, WarnsOfHostsWithoutStreamAndNeighborsOutOfReach) {
    MemoryFiles files;
    add_good_files(files);
    const std::string yaml = changed(
        changed(std::string(good_yaml), "streams:\n",
                "  - { name: carol, address: 2001:db8:3::c, mac: 02:00:00:00:00:0c }\nstreams:\n"),
        "hosts:\n", "  neighbors: [{ address: 2001:db8:9::9, mac: 02:00:00:00:00:09 }]\nhosts:\n");
    EXPECT_THAT(texts(load_text(yaml, "etc/c.yaml", {}, files).warnings),
                testing::ElementsAre("etc/c.yaml:7:26: neighbors: 2001:db8:9::9 is neither "
                                     "link-local nor within external.on_link, so nothing is sent "
                                     "to it directly",
                                     "etc/c.yaml:15:13: the host carol is in no stream"));
}

} // namespace

} // namespace mt6d::config
